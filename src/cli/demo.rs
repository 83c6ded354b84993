//! `krest demo`: puts the pieces together, or serves the demonstration's API alone.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, anyhow};
use console::Term;

use super::args::DemoArgs;
use super::check::load;
use super::report::Exit;
use crate::config::Config;
use crate::demo::{self, DEMO_KEY, DemoApi, Live, Pace, Screen, Show};
use crate::model::{Redactor, Secret};
use crate::plan::FilePlan;
use crate::service::{self, Outcome};
use crate::table::Look;

/// The story: a first scan; changes and a 429; changes, one of them A→B→A, and a 503; and silence.
const SCANS: u64 = 4;
const PAUSE: Duration = Duration::from_millis(1200);
/// With the user's own configuration, no longer than this between two scans.
const LONGEST_PAUSE: Duration = Duration::from_secs(5);

pub(super) async fn demo(args: &DemoArgs, redactor: &Redactor) -> anyhow::Result<Exit> {
    if let Some(address) = args.serve_api {
        return serve(address).await;
    }
    let (plan, api) = match &args.file {
        Some(file) => match load(file, redactor) {
            Some(plan) => (plan, None),
            None => return Ok(Exit::Usage),
        },
        None => {
            let api =
                DemoApi::start("127.0.0.1:0", Pace::Steps).await.context("cannot serve the built-in API")?;
            (built_in(&api, redactor)?, Some(api))
        }
    };
    let pause = if api.is_some() { PAUSE } else { plan.shortest_interval().min(LONGEST_PAUSE) };
    let (cluster, broker) = demo::connect(args.kafka.as_deref(), &plan.name, redactor).await?;
    let show = Show {
        plan: Arc::new(plan.with_kafka(cluster.settings().clone())),
        api,
        cluster,
        broker,

        redactor: redactor.clone(),
        screen: Screen { look: look() },
        stop: service::on_signals()?,
        scans: SCANS,
        pause,
    };
    Ok(match show.run(&mut Live::new()).await {
        Outcome::Done => Exit::Done,
        Outcome::Failed => Exit::Failed,
        Outcome::Refused => Exit::Usage,
        Outcome::Fenced => Exit::Fenced,
    })
}

pub(super) fn look() -> Look {
    let term = Term::stdout();
    let width = if term.is_term() { usize::from(term.size().1).max(40) } else { 110 };
    Look { width: width.min(140), colors: console::colors_enabled() }
}

fn built_in(api: &DemoApi, redactor: &Redactor) -> anyhow::Result<FilePlan> {
    redactor.add(&Secret::new(DEMO_KEY));
    let text = demo::built_in_configuration(&api.url());
    let config = Config::parse(text.as_bytes(), Path::new("demo.yaml"), &|_| None, redactor)
        .map_err(|mistakes| anyhow!("the built-in configuration has mistakes: {mistakes}"))?;
    Ok(FilePlan::compile("demo.yaml", &config, redactor)?)
}

#[expect(clippy::print_stderr, reason = "tells where the API is")]
async fn serve(address: std::net::SocketAddr) -> anyhow::Result<Exit> {
    let mut api = DemoApi::start(&address.to_string(), Pace::Every(Duration::from_secs(10)))
        .await
        .with_context(|| format!("cannot listen at {address}"))?;
    eprintln!("serving the demonstration's API at {}/v1/monitors and /v1/incidents", api.url());
    let stop = service::on_signals()?;
    match stop.run_until_cancelled(api.ended()).await {
        None => Ok(Exit::Done),
        Some(ended) => ended.map(|()| Exit::Failed).context("the API ended"),
    }
}
