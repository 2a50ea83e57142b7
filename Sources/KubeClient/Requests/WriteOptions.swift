/// What applies to everything that changes objects.
public struct WriteOptions: Sendable, Equatable {
    /// How the server treats unknown and repeated fields.
    public enum FieldValidation: String, Sendable {
        case ignore = "Ignore"
        case warn = "Warn"
        case strict = "Strict"
    }

    /// Decide everything, change nothing.
    public var isDryRun = false
    public var fieldValidation: FieldValidation?
    /// In whose name the changed fields are managed.
    public var fieldManager = ""

    public init(isDryRun: Bool = false, fieldValidation: FieldValidation? = nil, fieldManager: String = "") {
        self.isDryRun = isDryRun
        self.fieldValidation = fieldValidation
        self.fieldManager = fieldManager
    }

    var query: [(name: String, value: String)] {
        let fields = [
            ("dryRun", isDryRun ? "All" : ""), ("fieldValidation", fieldValidation?.rawValue ?? ""),
            ("fieldManager", fieldManager),
        ]
        return fields.filter { !$0.1.isEmpty }.map { (name: $0.0, value: $0.1) }
    }
}
