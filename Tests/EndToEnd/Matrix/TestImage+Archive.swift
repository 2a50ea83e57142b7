import Foundation
import TerminatorScenarios
import TestSupport

extension TestImage {
    /// Packs the image as an archive, by the script that packs the shipped ones.
    ///
    /// - Returns: its path.
    func archive(in folder: TemporaryFolder) async throws -> String {
        let label = name.replacing("/", with: "-").replacing(":", with: "-")
        let root = try folder.makeFolder(label)
        switch content {
        case .busybox:
            try await output("sh", ["-c", Self.busyboxLayout, "sh", root])
        case .sleepAlone:
            for path in ["sleep", "opt/agent/sleep"] {
                let target = URL(filePath: "\(root)/\(path)")
                try FileManager.default.createDirectory(
                    at: target.deletingLastPathComponent(), withIntermediateDirectories: true)
                try FileManager.default.copyItem(at: URL(filePath: Self.busyboxPath), to: target)
            }
        case .exit:
            let programs = URL(filePath: try Product.sidecar.path).deletingLastPathComponent().path
            try await output(Repository.path("scripts/lib/exit-image-layout"), [programs, root])
        }
        let archive = folder["\(label).tar"]
        try await output(Repository.path("scripts/lib/image-archive"), [name, root, archive] + entrypoint)
        return archive
    }

    /// Debian's busybox-static.
    static let busyboxPath = "/bin/busybox"

    private static let busyboxLayout = """
        mkdir -p "$1/bin" "$1/tmp" && chmod 1777 "$1/tmp" && cp \(busyboxPath) "$1/bin/busybox" &&
        for name in $(\(busyboxPath) --list | grep -vx busybox); do ln -s busybox "$1/bin/$name"; done
        """
}
