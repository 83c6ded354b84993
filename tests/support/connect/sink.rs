//! What is written into a file of one topic, and how keys and values are read.

/// How Connect reads keys or values. A key that cannot be read ends the sink, although its file shows values alone.
#[derive(Clone, Copy, Debug)]
pub enum Converter<'a> {
    String,
    /// Connect's JsonConverter with `schemas.enable=false`.
    Json,
    /// The same with `schemas.enable=true`.
    JsonWithSchemas,
    /// Apicurio's AvroConverter for Confluent's wire format; the registry's host and port.
    Avro(&'a str),
}

/// A file sink.
#[derive(Clone, Debug)]
pub struct Sink<'a> {
    topic: &'a str,
    key: Converter<'a>,
    value: Converter<'a>,
    unwrap: Option<&'a str>,
}

impl<'a> Sink<'a> {
    pub fn of(topic: &'a str, key: Converter<'a>, value: Converter<'a>) -> Self {
        Self { topic, key, value, unwrap: None }
    }

    /// Debezium's ExtractNewRecordState in front, with this `delete.tombstone.handling.mode`.
    pub fn unwrapped(mut self, mode: &'a str) -> Self {
        self.unwrap = Some(mode);
        self
    }

    /// The connector's properties.
    pub(super) fn properties(&self, name: &str, file: &str) -> String {
        let topic = self.topic;
        let unwrap = self.unwrap.map(|mode| {
            format!(
                "transforms=unwrap\ntransforms.unwrap.type=io.debezium.transforms.ExtractNewRecordState\n\
                 transforms.unwrap.delete.tombstone.handling.mode={mode}\n"
            )
        });
        format!(
            "name={name}\nconnector.class=org.apache.kafka.connect.file.FileStreamSinkConnector\ntasks.max=1\n\
             topics={topic}\nfile={file}\n\
             consumer.override.isolation.level=read_committed\nconsumer.override.auto.offset.reset=earliest\n\
             {}{}{}",
            self.key.properties("key"),
            self.value.properties("value"),
            unwrap.unwrap_or_default()
        )
    }
}

impl Converter<'_> {
    fn properties(self, of: &str) -> String {
        let json = "org.apache.kafka.connect.json.JsonConverter";
        match self {
            Self::String => format!("{of}.converter=org.apache.kafka.connect.storage.StringConverter\n"),
            Self::Json => format!("{of}.converter={json}\n{of}.converter.schemas.enable=false\n"),
            Self::JsonWithSchemas => format!("{of}.converter={json}\n{of}.converter.schemas.enable=true\n"),
            Self::Avro(registry) => format!(
                "{of}.converter=io.apicurio.registry.utils.converter.AvroConverter\n\
                 {of}.converter.apicurio.registry.url=http://{registry}/apis/registry/v2\n\
                 {of}.converter.apicurio.registry.as-confluent=true\n\
                 {of}.converter.apicurio.registry.use-id=contentId\n"
            ),
        }
    }
}
