/// A certificate or key, which a kubeconfig either holds (`…-data`, base 64) or names the file of.
struct PEMField {
    private let section: ConfigSection
    private let key: String

    init(_ section: ConfigSection, _ key: String) {
        self.section = section
        self.key = key
    }

    enum Origin: Equatable {
        case inline([UInt8])
        case file(String)
    }

    func origin() throws(KubeError) -> Origin? {
        let data = try section.data("\(key)-data")
        let file = try section.location(key)
        guard data == nil || file == nil else {
            throw section.problem(key, "\(key) and \(key)-data are both given; remove one of the two")
        }
        return data.map { .inline($0) } ?? file.map { .file($0) }
    }

    func bytes() throws(KubeError) -> [UInt8]? {
        switch try origin() {
        case .inline(let bytes): return bytes
        case .file(let path):
            do { return try LocalFile.bytes(path) } catch {
                throw section.problem(key, "cannot read \(path): \(error.reason)")
            }
        case nil: return nil
        }
    }
}
