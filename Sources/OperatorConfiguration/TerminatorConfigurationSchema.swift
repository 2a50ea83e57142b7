internal import Basics
internal import ConfigSchema
internal import YAMLTree

/// The JSON Schema of the terminator's configuration, made from the decoder's own fields.
package enum TerminatorConfigurationSchema {
    /// Checked in at `docs/schema/terminator-config.schema.json`; `kpipe-sidecar schema terminator` prints it.
    package static var text: String {
        let head: [JSONValue.Member] = [
            .init("$schema", "https://json-schema.org/draft/2020-12/schema"),
            .init("title", "Configuration of kpipe-sidecar terminator"),
        ]
        return JSONValue.object(head + Shape<TerminatorConfiguration>.object().schema).prettyText
    }
}
