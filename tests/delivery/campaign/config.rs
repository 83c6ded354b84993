//! The connector of a world, drawn from the seed. What krest can be configured to do beside this belongs here.

use fastrand::Rng;

use super::kind::Kind;
use super::listing::Listing;

pub const PARTITIONS: i32 = 3;

/// What a configuration has to name.
pub struct Names<'n> {
    pub connector: &'n str,
    pub api: &'n str,
    pub bootstrap: &'n str,
    pub offsets_topic: &'n str,
}

/// The whole file. What may change between two starts is drawn anew each time.
pub fn draw(names: &Names<'_>, (resources, deletes): (&str, &str), random: &mut Rng) -> String {
    let Names { connector, api, bootstrap, offsets_topic } = names;
    let tasks = random.u32(1..4);
    let patience = *random.choice([4, 15, 60].iter()).expect("one of three");
    // A scan is one transaction, or pages come together until it is time: of one family, or of all.
    let (own, whole) = match random.u32(..6) {
        0..2 => ("kafka: {transaction.boundary: poll}", ""),
        2 if patience > 4 => ("", "transaction.boundary: poll"),
        _ => ("", ""),
    };
    let interval = *random.choice([20, 60, 200].iter()).expect("one of three");
    let open = *random.choice([30, 200, 1000].iter()).expect("one of three");
    // All in memory, or what is known is looked up on disk: of some resources, or of all.
    let memory = *random.choice(["512MiB", "8KiB", "1KiB"].iter()).expect("one of three");
    format!(
        "name: {connector}
tasks.max: {tasks}
source:
  client:
    base_url: {api}/
    auth: {{type: api_key, name: api_key, api_key: '${{env:API_KEY}}', location: query}}
  resource_defaults: {{endpoint: {{data_selector: data}}}}
  resources:{resources}
poll: {{interval: {interval}ms}}
retry: {{initial: 20ms, max_wait: 100ms}}
limits: {{timeout: 2s}}
deletes: {{max_share: 1.0}}
errors: {{tolerance: all}}
state: {{memory: {memory}}}
# A row that is too large for the topic is no dead letter: it sets the resource aside.
overrides:
  checks: {{errors: {{tolerance: none}}, {own}}}
{deletes}topics: {{creation.default.partitions: {PARTITIONS}}}
kafka:
  bootstrap.servers: \"{bootstrap}\"
  offsets.storage.topic: {offsets_topic}
  transaction.boundary.interval.ms: {open}
  transaction.timeout.ms: {patience}000
  {whole}
"
    )
}

/// How deletions are learnt of; how often what has a cursor is scanned whole for that is drawn anew each time.
pub fn deletes(listings: &[Listing], random: &mut Rng) -> String {
    let line = |listing: &Listing| {
        let every = *random.choice([50, 300].iter()).expect("one of two");
        let has_every = listing.kind.has_cursor() && listing.deletes.finds_missing();
        let words = listing.deletes.words(has_every.then_some(every));
        format!("  {}: {{deletes: {{{words}}}}}\n", listing.kind.name())
    };
    let own = |listing: &&Listing| !matches!(listing.kind, Kind::Checks | Kind::Events | Kind::Remarks);
    listings.iter().filter(own).map(line).collect()
}

/// One for each kind of listing. Page sizes stay small: more pages, more places to die.
pub fn resources(listings: &[Listing], random: &mut Rng) -> String {
    // A listing that ends by a total says nothing of what is gone.
    let of_missing = |kinds: &[Kind]| {
        let mut listings = listings.iter().filter(|listing| kinds.contains(&listing.kind));
        if listings.any(|listing| listing.deletes.finds_missing()) { ", total_path: null" } else { "" }
    };
    let (own_total, total) = (of_missing(&[Kind::Monitors]), of_missing(&[Kind::Members, Kind::Notes]));
    let mut pages = || random.u32(4..25);
    let (monitors, checks, incidents) = (pages(), pages(), pages());
    let notes = pages();
    let (events, groups, members) = (pages(), random.u32(2..6), random.u32(3..12));
    let beside = random.u32(1..4);
    // What depends on the log is compared with its topic, or told by a cursor for each row of the log alone.
    let remarks = if random.bool() { "primary_key: id" } else { "write_disposition: append" };
    let token = "paginator: {type: cursor, cursor_path: next, cursor_param: token}";
    let cursor = "incremental: {cursor_path: at, start_param: since, initial_value: 0}";
    format!(
        "
    - name: monitors
      primary_key: id
      endpoint: {{path: monitors, paginator: {{type: offset, limit: {monitors}{own_total}}}}}
    - name: checks
      primary_key: id
      write_disposition: replace
      endpoint: {{path: checks, params: {{limit: {checks}}}, paginator: {{type: json_link, next_url_path: next}}}}
    - name: incidents
      primary_key: id
      endpoint: {{path: incidents, params: {{limit: {incidents}}}, {token}, {cursor}}}
    - name: events
      write_disposition: append
      endpoint: {{path: events, params: {{limit: {events}}}, {token}, {cursor}}}
    - name: groups
      primary_key: id
      endpoint: {{path: groups, paginator: {{type: offset, limit: {groups}{total}}}}}
    - name: members
      primary_key: id
      endpoint:
        path: 'groups/{{resources.groups.id}}/members'
        params: {{limit: {members}}}
        paginator: {{type: page_number, base_page: 0, total_path: null}}
    - name: notes
      primary_key: id
      endpoint: {{path: 'groups/{{resources.groups.id}}/notes', params: {{limit: {notes}}}, {token}, {cursor}}}
    - name: remarks
      {remarks}
      endpoint: {{path: 'events/{{resources.events.id}}/remarks', params: {{limit: {beside}}}, {token}, {cursor}}}"
    )
}
