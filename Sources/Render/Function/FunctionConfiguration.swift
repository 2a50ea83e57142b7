import Conversion
import YAMLTree

/// The options of a function: below `spec` of its own configuration, or below `data` of a ConfigMap.
enum FunctionConfiguration {
    static func options(_ node: YAMLNode?) throws(InputError) -> ConversionOptions {
        var options = ConversionOptions()
        guard let node, node.scalar?.isNull != true else { return options }
        let field = node["kind"]?.text == "ConfigMap" ? "data" : "spec"
        guard let fields = node[field], fields.scalar?.isNull != true else { return options }
        var reader = FieldReader(fields, path: "functionConfig.\(field)")
        options.sidecars = Set(names("sidecars", &reader))
        options.primary = reader.text("primary")
        options.detectsKnown = reader.boolean("detect") ?? false
        options.podSpecPaths = names("podSpecPaths", &reader)
        for path in options.podSpecPaths where !PodSpecPath.isValid(path) {
            reader.report(
                fields["podSpecPaths"], at: "podSpecPaths", "expected names and dots, as in a[].b.spec, found \(path)")
        }
        if reader.boolean("reverse") == true { options.direction = .toOrdinary }
        if let text = reader.text("kubeVersion") {
            options.kubeVersion = KubeVersion(text)
            if options.kubeVersion.map({ $0 < .nativeSidecars }) ?? true {
                reader.report(fields["kubeVersion"], at: "kubeVersion", "expected 1.29 or later, found \(text)")
            }
        }
        reader.reportUnknown()
        guard reader.problems.isEmpty else { throw InputError(reader.problems) }
        return options
    }

    /// A list, or in a ConfigMap a text with commas.
    private static func names(_ field: String, _ reader: inout FieldReader) -> [String] {
        guard let node = reader.node(field) else { return [] }
        return node.sequence != nil ? reader.texts(field) ?? [] : Marker.names(reader.text(field) ?? "")
    }
}
