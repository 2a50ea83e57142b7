import Glibc
import WorkdirProtocol

/// The static entrypoint that main is wrapped in.
package enum EntrypointBinary {
    static let name = Volume.ownName(WorkdirPath.entrypoint)
    /// Names the binary where it does not lie beside our own.
    package static let variable = "KPIPE_ENTRYPOINT"

    /// `KPIPE_ENTRYPOINT`, else the file of that name beside our own executable, else none.
    package static func find(environment: [String: String]) -> String? {
        if let given = environment[variable], !given.isEmpty { return given }
        var buffer = [UInt8](repeating: 0, count: Int(PATH_MAX))
        let count = buffer.withUnsafeMutableBytes { bytes in
            bytes.withMemoryRebound(to: CChar.self) { text in
                text.baseAddress.map { readlink("/proc/self/exe", $0, text.count) } ?? -1
            }
        }
        guard count > 0 else { return nil }
        let own = String(decoding: buffer[..<count], as: UTF8.self)
        guard let slash = own.lastIndex(of: "/") else { return nil }
        let beside = own[...slash] + name
        return access(String(beside), X_OK) == 0 ? String(beside) : nil
    }

    /// Places it in the volume, executable for all. One that is running there already runs on.
    static func place(_ source: String?, in volume: Volume) throws(VolumeError) {
        guard let source else {
            guard volume.exists(WorkdirPath.entrypoint) else {
                throw VolumeError(
                    .software,
                    "there is no \(name) beside this program; put it there, or name it in \(variable)")
            }
            return
        }
        try volume.own.copy(source, to: name, mode: 0o755)
    }
}
