import CLinux
import WorkdirProtocol

/// Copies the running program to where other containers find it.
enum Installation {
    static func install(into folder: String) -> Int32 {
        do throws(FileError) {
            try copy(to: folder)
            return ExitCode.ok.rawValue
        } catch {
            Console.complain(error.message)
            return ExitCode.inputOutput.rawValue
        }
    }

    /// By way of a temporary file and `rename`: a program that runs from the old copy goes on.
    private static func copy(to folder: String) throws(FileError) {
        try WorkdirFolder.makeFolder(path: folder)
        let target = "\(folder)/\(Console.programName)"
        let program = "/proc/self/exe"
        let source = clinux_open(program, O_RDONLY | O_CLOEXEC, 0)
        guard source >= 0 else { throw last("open", program) }
        defer { close(source) }
        var pattern = Array("\(folder)/.kpipe-XXXXXX".utf8CString)
        let file = clinux_mkostemp(&pattern, O_CLOEXEC)
        guard file >= 0 else { throw last("create", target) }
        do throws(FileError) {
            do throws(FileError) {
                try copy(source, to: file, target)
                guard fchmod(file, 0o755) == 0 else { throw last("make executable", target) }
            } catch {
                close(file)
                throw error
            }
            // An open descriptor for writing would make running the copy fail with "text file busy".
            guard close(file) == 0 else { throw last("write", target) }
            guard rename(pattern, target) == 0 else { throw last("rename to", target) }
        } catch {
            unlink(pattern)
            throw error
        }
    }

    private static func copy(_ source: Int32, to file: Int32, _ target: String) throws(FileError) {
        var block = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            let count = read(source, &block, block.count)
            guard count >= 0 else { throw last("read for", target) }
            guard count > 0 else { return }
            var rest = block[..<count]
            while !rest.isEmpty {
                let written = rest.withUnsafeBytes { write(file, $0.baseAddress, $0.count) }
                guard written > 0 else { throw last("write", target) }
                rest = rest.dropFirst(written)
            }
        }
    }

    private static func last(_ operation: String, _ path: String) -> FileError {
        FileError(operation: operation, path: path, code: clinux_errno())
    }
}
