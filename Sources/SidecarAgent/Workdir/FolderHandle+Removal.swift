import Glibc

extension FolderHandle {
    /// Removes a file, a link, or a folder with all it holds; nothing there is fine. Never crosses a link.
    func remove(_ name: String) throws(VolumeError) {
        if unlinkat(descriptor, name, 0) == 0 || errno == ENOENT { return }
        guard errno == EISDIR || errno == EPERM else { throw .last("remove", display(name)) }
        try folder(name).removeAll()
        guard unlinkat(descriptor, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw .last("remove the folder", display(name))
        }
    }

    /// Empties the folder, but for `kept`.
    func removeAll(except kept: Set<String> = []) throws(VolumeError) {
        for name in try names() where !kept.contains(name) { try remove(name) }
    }

    func names() throws(VolumeError) -> [String] {
        // A description of its own, so that reading leaves no position behind.
        let listed = openat(descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard listed >= 0, let stream = fdopendir(listed) else {
            let error = VolumeError.last("list", path)
            if listed >= 0 { close(listed) }
            throw error
        }
        defer { closedir(stream) }
        var names: [String] = []
        while let entry = readdir(stream) {
            let name = withUnsafeBytes(of: &entry.pointee.d_name) { bytes in
                String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self)
            }
            if name != ".", name != ".." { names.append(name) }
        }
        return names
    }

    /// Moves `name` into `target`, taking the place of what is there.
    func move(_ name: String, to target: FolderHandle, as newName: String) throws(VolumeError) {
        try target.remove(newName)
        guard renameat(descriptor, name, target.descriptor, newName) == 0 || errno == ENOENT else {
            throw .last("move away", display(name))
        }
    }
}
