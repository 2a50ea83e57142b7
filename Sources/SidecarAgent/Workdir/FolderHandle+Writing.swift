import Glibc

extension FolderHandle {
    /// Replaces the file whole, by way of a temporary one in the same folder. Content and name survive a power failure.
    func replace(_ name: String, with bytes: [UInt8], mode: mode_t = 0o644) throws(VolumeError) {
        try replace(name, mode: mode) { Self.writeAll($0, bytes) }
    }

    /// Replaces the file by a copy of the one at `source`, which the kernel makes.
    func copy(_ source: String, to name: String, mode: mode_t) throws(VolumeError) {
        let original = open(source, O_RDONLY | O_CLOEXEC)
        guard original >= 0 else { throw .last("read", source) }
        defer { close(original) }
        try replace(name, mode: mode) { file in
            while true {
                let count = sendfile(file, original, nil, 1 << 30)
                if count < 0, errno == EINTR { continue }
                if count <= 0 { return count == 0 }
            }
        }
    }

    private func replace(_ name: String, mode: mode_t, _ fill: (Int32) -> Bool) throws(VolumeError) {
        let temporary = Self.temporaryPrefix + name
        unlinkat(descriptor, temporary, 0)
        let file = openat(descriptor, temporary, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, mode)
        guard file >= 0 else { throw .last("write", display(name)) }
        let isWritten = fill(file) && fchmod(file, mode) == 0 && fsync(file) == 0
        guard isWritten else {
            let error = VolumeError.last("write", display(name))
            close(file)
            unlinkat(descriptor, temporary, 0)
            throw error
        }
        close(file)
        guard renameat(descriptor, temporary, descriptor, name) == 0 else {
            let error = VolumeError.last("rename a temporary file to", display(name))
            unlinkat(descriptor, temporary, 0)
            throw error
        }
        fsync(descriptor)
    }
}
