import CLinux
import Glibc

/// Finds the regular files below a folder, in byte order, following no link to a folder.
struct OutputWalk {
    enum Finding: Equatable {
        case file(String)
        /// Left out on purpose, with the reason: not a file, nothing is lost.
        case note(String, String)
        /// Meant to be stored and cannot be; the path may be one for people to read.
        case refused(String, TransferError)
    }

    private let folder: ConfinedFolder

    init(_ folder: ConfinedFolder) { self.folder = folder }

    /// Everything below `relative` ("" is the whole folder; one that is missing holds nothing).
    func findings(below relative: String = "") -> [Finding] {
        var findings: [Finding] = []
        let start = relative.hasSuffix("/") ? String(relative.dropLast()) : relative
        do throws(TransferError) {
            if !start.isEmpty, try folder.status(start) == nil { return [] }
            let below = start.isEmpty ? folder : try ConfinedFolder(reopening: folder, start)
            for name in try below.names() {
                let above = start.isEmpty ? "" : start + "/"
                guard let text = name.text else {
                    findings += unnameable(name, in: below, above)
                    continue
                }
                if text.begins(with: ConfinedFolder.temporaryPrefix) { continue }
                findings += self.findings(at: above + text)
            }
        } catch {
            findings.append(.refused(start, error))
        }
        return findings
    }

    /// A file whose name is no text, or all that a folder of such a name holds: no store and no manifest can name it.
    private func unnameable(_ name: EntryName, in folder: ConfinedFolder, _ above: String) -> [Finding] {
        let path = above + name.escaped
        guard folder.isFolder(name) else {
            return [.refused(path, .unnameable(folder.display(name.escaped)))]
        }
        do throws(TransferError) {
            let inside = try ConfinedFolder(inside: folder, name)
            return try inside.names().flatMap { unnameable($0, in: inside, path + "/") }
        } catch {
            return [.refused(path, error)]
        }
    }

    private func findings(at path: String) -> [Finding] {
        do throws(TransferError) {
            guard let status = try folder.status(path) else { return [] }
            switch status.st_mode & S_IFMT {
            case S_IFREG: return [.file(path)]
            case S_IFDIR: return findings(below: path)
            case S_IFLNK: return try finding(link: path)
            case S_IFIFO: return [.note(path, "a pipe is not stored")]
            case S_IFSOCK: return [.note(path, "a socket is not stored")]
            default: return [.note(path, "a device is not stored")]
            }
        } catch {
            return [.refused(path, error)]
        }
    }

    private func finding(link path: String) throws(TransferError) -> [Finding] {
        let target: Int32
        do throws(TransferError) {
            target = try folder.openSource(path, O_RDONLY | O_NONBLOCK)
        } catch {
            let object = folder.display(path)
            return [
                .refused(
                    path,
                    TransferError(
                        object: object, reason: .hostileName,
                        message: "the symbolic link leads outside of the folder, or nowhere",
                        hint: "copy the file there instead of linking to it"))
            ]
        }
        defer { close(target) }
        var status = stat()
        guard fstat(target, &status) == 0 else { throw .system("look at", folder.display(path)) }
        switch status.st_mode & S_IFMT {
        case S_IFREG: return [.file(path)]
        case S_IFDIR: return [.note(path, "a link to a folder is not followed; the folder itself is stored")]
        default: return [.note(path, "a link to something that is no file is not stored")]
        }
    }
}
