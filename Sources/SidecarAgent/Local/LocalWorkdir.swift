import Glibc
import WorkdirProtocol

/// The workdir of a step that runs on this machine.
package struct LocalWorkdir: Sendable {
    /// Absolute, without links.
    package let path: String
    private let isTemporary: Bool

    /// `given` is made where it is missing; without one a temporary folder is.
    package init(_ given: String?, temporaryFolder: String) throws(VolumeError) {
        let made: String
        if let given {
            guard mkdir(given, 0o777) == 0 || errno == EEXIST else { throw .last("make the workdir", given) }
            made = given
        } else {
            var template = Array("\(temporaryFolder)/kpipe-run.XXXXXX".utf8CString)
            guard mkdtemp(&template) != nil else { throw .last("make a workdir in", temporaryFolder) }
            made = String(decoding: template.dropLast().map(UInt8.init(bitPattern:)), as: UTF8.self)
        }
        guard let resolved = realpath(made, nil) else { throw .last("find the workdir", made) }
        defer { free(resolved) }
        path = String(cString: resolved)
        isTemporary = given == nil
    }

    /// Main has left something in `output/`.
    package var hasOutputs: Bool {
        (try? FolderHandle(path: "\(path)/\(WorkdirPath.output)").names().isEmpty) == false
    }

    /// Removes a temporary workdir. A given one stays.
    package func removeIfTemporary() {
        guard isTemporary, let slash = path.lastIndex(of: "/") else { return }
        // Whatever cannot be removed stays: the step itself is over.
        try? FolderHandle(path: String(path[..<slash])).remove(String(path[path.index(after: slash)...]))
    }
}
