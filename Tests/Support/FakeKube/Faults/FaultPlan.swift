/// Which requests meet which fault. Rules are tried in the order in which they were added.
package struct FaultPlan: Sendable {
    package struct Matcher: Sendable {
        package var method: String?
        /// The path begins with this.
        package var path: String
        /// `true`: watches only; `false`: none.
        package var isWatch: Bool?

        package init(_ method: String? = nil, _ path: String = "/", isWatch: Bool? = nil) {
            self.method = method
            self.path = path
            self.isWatch = isWatch
        }

        package static let any = Matcher()
        package static let watches = Matcher("GET", isWatch: true)

        func matches(_ request: KubeRequest) -> Bool {
            (method ?? request.method) == request.method && request.pathText.hasPrefix(path)
                && (isWatch ?? request.flag("watch")) == request.flag("watch")
        }
    }

    private struct Rule {
        var matcher: Matcher
        var fault: Fault
        var skips: Int
        var times: Int
    }

    private var rules: [Rule] = []
    /// How many requests met a fault.
    package private(set) var count = 0

    /// The fault meets `times` matching requests after `skipping` of them.
    package mutating func add(_ fault: Fault, for matcher: Matcher = .any, skipping: Int = 0, times: Int = 1) {
        rules.append(Rule(matcher: matcher, fault: fault, skips: skipping, times: times))
    }

    package mutating func removeAll() { rules = [] }

    /// Whether `next` would say something.
    func has(for request: KubeRequest) -> Bool {
        rules.contains { $0.times > 0 && $0.skips == 0 && $0.matcher.matches(request) }
    }

    mutating func next(for request: KubeRequest) -> Fault? {
        for index in rules.indices where rules[index].times > 0 && rules[index].matcher.matches(request) {
            guard rules[index].skips == 0 else {
                rules[index].skips -= 1
                continue
            }
            rules[index].times -= 1
            count += 1
            return rules[index].fault
        }
        return nil
    }
}
