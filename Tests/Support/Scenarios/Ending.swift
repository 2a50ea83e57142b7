import Basics
import FakeKube
import YAMLTree

/// A scenario's end.
package struct Ending: Sendable {
    package var outcome: Outcome
    /// From main's end to that of the last container, where both are known.
    package var seconds: Int?

    static func seconds(_ pods: [JSONValue], mains: [String]) -> Int? {
        guard let pod = pods.first, pods.count == 1 else { return nil }
        let statuses = pod[path: ["status", "containerStatuses"]]?.array ?? []
        func end(_ status: JSONValue) -> Int64? {
            status[path: ["state", "terminated", "finishedAt"]]?.string.flatMap { KubeTime($0)?.seconds }
        }
        let main = statuses.filter { mains.contains($0["name"]?.string ?? "") }.compactMap(end).max()
        let last = statuses.compactMap(end).max()
        guard let main, let last else { return nil }
        return Int(last - main)
    }
}
