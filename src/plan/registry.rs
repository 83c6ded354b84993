//! The schema registry: how it is asked, and under which subjects.

use std::sync::Arc;

use crate::config::{self, Config, NameStrategy, RegistryCredentials};
use crate::encode::Home;
use crate::model::{Proxy, Redactor, SchemaOf, Subject, Transport};
use crate::registry::{Credentials, Retries, Settings};

pub(super) fn registry_settings(config: &config::Registry, redactor: &Redactor) -> Settings {
    let credentials = match &config.credentials {
        RegistryCredentials::None => Credentials::None,
        RegistryCredentials::Basic(user, password) => Credentials::Basic(user.clone(), password.clone()),
        RegistryCredentials::Bearer(token) => Credentials::Bearer(token.clone()),
    };
    Settings {
        urls: config.urls.clone(),
        identity: config.identity.clone(),
        credentials,
        transport: Arc::new(Transport { tls: config.tls.clone(), proxy: Proxy::Environment }),
        registers: config.auto_register,
        normalizes: config.normalize,
        timeout: config.timeout,
        retries: Retries { most: config.max_retries, wait: config.wait, max_wait: config.max_wait },
        redactor: redactor.clone(),
    }
}

/// Where the schema of a resource's keys or values gets its id. (Where there is no registry, no format asks for one.)
pub(super) fn home(config: &Config, resource: &config::Resource, of: SchemaOf) -> Home {
    let registry = config.registry.as_ref();
    let strategy = registry.map_or(NameStrategy::Topic, |registry| match of {
        SchemaOf::Key => registry.key_strategy,
        SchemaOf::Value => registry.value_strategy,
    });
    let topic = resource.topic.clone();
    Home {
        registry: registry.map(|registry| registry.identity.clone()).unwrap_or_default(),
        subject: match strategy {
            NameStrategy::Topic => Subject::Topic { topic, of },
            NameStrategy::Record => Subject::Record,
            NameStrategy::TopicRecord => Subject::TopicRecord { topic },
        },
        latest: registry.is_some_and(|registry| registry.use_latest),
    }
}
