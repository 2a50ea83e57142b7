extension SidecarRule {
    /// Where rules stand in their list, by what they cover: every container of every marked pod is looked up.
    package struct Places: Sendable, Equatable {
        private var byName: [String: Int] = [:]
        private var byImage: [String: Int] = [:]

        init(_ rules: [SidecarRule]) {
            for (place, rule) in rules.enumerated() {
                for name in rule.names where byName[name] == nil { byName[name] = place }
                for image in rule.images where byImage[image] == nil { byImage[image] = place }
            }
        }

        /// The first rule that covers the container.
        func first(name: String, image: String) -> Int? {
            [byName[name], byImage[SidecarRule.repository(of: image)]].compactMap(\.self).min()
        }
    }
}
