import Foundation

/// A real cluster on this machine, where `LAB_HOME` names its folder.
package enum Lab {
    package static var home: String? { ProcessInfo.processInfo.environment["LAB_HOME"] }

    /// containerd's, where it runs.
    package static var runtimeSocket: String? { existing("containerd.sock") }
    /// An administrator's kubeconfig, where the cluster has one.
    package static var kubeconfig: String? { existing("admin.kubeconfig") }

    private static func existing(_ name: String) -> String? {
        home.map { "\($0)/\(name)" }.flatMap { FileManager.default.fileExists(atPath: $0) ? $0 : nil }
    }
}
