/// The members that objects of a type may have.
struct SchemaMessage: Sendable {
    let name: String
    let fields: [SchemaField]
    private let byNumber: [Int: Int]

    init(_ name: String, _ fields: [SchemaField]) {
        self.name = name
        self.fields = fields
        byNumber = Dictionary(fields.enumerated().map { ($1.number, $0) }) { first, _ in first }
    }

    func field(_ number: Int) -> SchemaField? { byNumber[number].map { fields[$0] } }

    /// By the name in JSON, also among inlined members.
    func field(_ name: String, in schema: KubeSchema) -> SchemaField? {
        for field in fields {
            if field.isInline {
                if let inner = schema.message(of: field)?.field(name, in: schema) { return inner }
            } else if field.name == name {
                return field
            }
        }
        return nil
    }
}
