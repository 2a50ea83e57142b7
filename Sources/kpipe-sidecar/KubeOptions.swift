import ArgumentParser
import Basics
import KubeClient
import WorkdirProtocol

/// Which cluster, namespace and user: for every command that talks to a cluster, named as kubectl names them.
struct KubeOptions: ParsableArguments {
    @Option(
        help: ArgumentHelp(
            "The cluster's configuration. Else KUBECONFIG, ~/.kube/config or the pod's service account.",
            valueName: "file"),
        completion: .file())
    var kubeconfig: String?

    @Option(
        help: ArgumentHelp("The context of the configuration to use.", valueName: "name"),
        completion: .shellCommand(ClusterWords.contexts))
    var context: String?

    @Option(
        name: [.long, .customShort("n", allowingJoined: true)],
        help: ArgumentHelp("The namespace, instead of the context's.", valueName: "name"),
        completion: .shellCommand(ClusterWords.namespaces))
    var namespace: String?

    @Option(name: .customLong("as"), help: ArgumentHelp("Act as this user.", valueName: "user"))
    var impersonatedUser: String?

    @Option(
        name: .customLong("as-group"), help: ArgumentHelp("Act as a member of this group, too.", valueName: "group"))
    var impersonatedGroups: [String] = []

    /// As with kubectl, an empty word is none: a script's variable that is not set must not mean all namespaces.
    mutating func validate() {
        for option in [\Self.kubeconfig, \.context, \.namespace, \.impersonatedUser]
        where self[keyPath: option]?.isEmpty == true {
            self[keyPath: option] = nil
        }
    }

    var selection: ClusterSelection {
        ClusterSelection(
            kubeconfig: kubeconfig, context: context, namespace: namespace, impersonatedUser: impersonatedUser,
            impersonatedGroups: impersonatedGroups)
    }

    /// - Throws: `CommandFailure` with 78 where the configuration cannot be used.
    func access() throws -> ClusterAccess {
        do {
            return try ClusterAccess.load(selection, environment: ProcessEnvironment.current)
        } catch {
            throw CommandFailure(.configuration, error.description)
        }
    }
}

extension NameSpecification {
    /// The format of an output, as kubectl takes it: `-o json`, `-o=json` and `-ojson`.
    static let output: Self = [.customShort("o", allowingJoined: true), .long]
}

/// What a shell asks to complete a word: kubectl, which whoever works with a cluster has.
enum ClusterWords {
    static let contexts = "kubectl config get-contexts --output=name 2> /dev/null"
    static let namespaces = "kubectl get namespaces --output=name 2> /dev/null | cut -d/ -f2"
    /// `pod/NAME` and `job/NAME`.
    static let subjects = "kubectl get pods,jobs --output=name 2> /dev/null | sed s,^job.batch/,job/,"
}
