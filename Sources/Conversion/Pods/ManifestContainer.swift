internal import Basics
package import PodRules

/// A container of a pod, by its place in the text, and next to nothing of what stands there: a pod may have a hundred
/// thousand.
package struct ManifestContainer {
    package let node: SourceNode
    /// The position in its list.
    package var index: Int { Int(place) }
    /// Which of the known sidecars it is. Looked up once: nearly all that is asked about a container asks it.
    private let knownPlace: Int8
    // In the bytes that are left beside it.
    private let place: UInt32

    package init(node: SourceNode, index: Int) {
        self.node = node
        place = UInt32(index)
        knownPlace = KnownSidecar.place(node["name"]?.text ?? "", image: node["image"]?.text).map(Int8.init) ?? -1
    }

    package var name: String { node["name"]?.text ?? "" }
    package var image: String? { node["image"]?.text }
    package var known: KnownSidecar? { knownPlace < 0 ? nil : KnownSidecar.all[Int(knownPlace)] }
    /// What it says about itself; its variables are looked through once.
    var marks: ContainerMarks {
        let variables = node["env"]?.elements ?? []
        // All that rules know of images; mostly so short that a hundred thousand of them need no memory of their own.
        let image = SidecarRule.repository(of: image ?? "")
        return ContainerMarks(name: name, image: image) { Self.value(of: $0, in: variables) }
    }
    /// Of an init container; a container that says so means it, but is none.
    package var isNativeSidecar: Bool { node["restartPolicy"]?.reads("Always") == true }

    /// The program and its arguments: the first of more than any kernel takes.
    package var words: [String] {
        let (command, arguments) = (node["command"], node["args"])
        guard command != nil || arguments != nil else { return [] }
        return [command, arguments].flatMap { $0?.elements ?? [] }.prefix(1 << 16).compactMap(\.text)
    }

    /// The same as one text, for looking at.
    package var commandLine: String { words.joined(separator: " ") }

    /// What its program may be called.
    var programs: Set<String> {
        var programs: Set = [name]
        if let image { programs.insert(SidecarRule.repository(of: image)) }
        if let program = node["command"]?.elements?.first?.text?.split(separator: "/").last {
            programs.insert(String(program))
        }
        return programs
    }

    var mounts: [(volume: String, path: String, isReadOnly: Bool)] {
        (node["volumeMounts"]?.elements ?? []).map {
            ($0["name"]?.text ?? "", $0["mountPath"]?.text ?? "", $0["readOnly"]?.isTrue == true)
        }
    }

    /// The literal value of a variable.
    package func environment(_ name: String) -> String? {
        Self.value(of: name, in: node["env"]?.elements ?? [])
    }

    /// Words of a command with the variables in them that the pod sets, and behind them the values of all that they name:
    /// of `${PORT:-80}` too.
    func withVariables(_ words: [String]) -> [String] {
        guard words.contains(where: { $0.mentions("$") }) else { return words }
        var (filled, values) = (words, [] as [String])
        for variable in node["env"]?.elements ?? [] {
            guard let name = variable["name"]?.text,
                let value = variable["value"]?.text ?? Self.address(variable.at("valueFrom", "fieldRef", "fieldPath")),
                words.contains(where: { word in ["$", "${", "$("].contains { word.mentions($0 + name) } })
            else { continue }
            values.append(value)
            filled = filled.map { word in
                ["$(\(name))", "${\(name)}", "$\(name)"].reduce(word) { $0.replacing($1, with: value) }
            }
        }
        return filled + values
    }

    private static func address(_ field: SourceNode?) -> String? {
        field?.text?.hasPrefix("status.podIP") == true ? LocalWords.ownAddress : nil
    }

    private static func value(of name: String, in variables: [SourceNode]) -> String? {
        variables.last { $0["name"]?.reads(name) == true }?["value"]?.text
    }

    package static func list(_ node: SourceNode?, called field: String) throws(EditRefusal) -> [ManifestContainer] {
        guard let node, !node.isNull else { return [] }
        guard let elements = node.elements else {
            throw EditRefusal(.shape, at: node, "expected \(field) to be a list")
        }
        var containers: [ManifestContainer] = []
        containers.reserveCapacity(elements.count)
        for (index, element) in elements.enumerated() {
            guard element.isMapping, element["name"]?.text != nil else {
                throw EditRefusal(.shape, at: element, "expected an element of \(field) to be a mapping with a name")
            }
            containers.append(ManifestContainer(node: element, index: index))
        }
        return containers
    }
}

// MARK: Ports

extension ManifestContainer {
    /// Flags by which programs are told what to listen on: with the port as the next word, and in the same one.
    package static let portFlags = ["--port", "-port", "-p"]
    package static let listenFlags = ["--port=", "-port=", "--http-port=", "--listen-port="]
    /// Variables by which programs are told what to listen on.
    package static let portVariables = ["PORT", "HTTP_PORT", "SERVER_PORT", "LISTEN_PORT", "APP_PORT"]
    /// How flags begin by which proxies are told where the program is that they stand before.
    package static let upstreamFlags = ["--upstream", "-upstream", "--app-port", "--proxy-upstream", "--backend"]

    /// Declared, as numbers and names, and named by its own flags.
    var ports: [String] { declaredPorts + flaggedPorts }

    private var declaredPorts: [String] {
        (node["ports"]?.elements ?? []).flatMap { [$0["containerPort"]?.text, $0["name"]?.text] }.compactMap(\.self)
    }

    /// `--port=5432`, `--port 5432`, `-instances=a:b:c=tcp:5432`, `a:b:c?port=5432`
    var flaggedPorts: [String] {
        let words = words
        return words.indices.flatMap { index -> [String] in
            let word = words[index]
            if Self.portFlags.contains(word), words.indices.contains(index + 1) { return [words[index + 1]] }
            guard word.mentions("port=") || word.mentions("tcp:") else { return [] }
            return ["port=", "tcp:"].compactMap { sign in
                guard !Self.upstreamFlags.contains(where: word.hasPrefix) else { return nil }
                return word.replacing("tcp:0.0.0.0:", with: "tcp:").split(separator: sign, maxSplits: 1).dropFirst()
                    .first
                    .map { String($0.prefix { $0.isNumber }) }
            }
        }.filter { UInt16($0) != nil }
    }

    /// All that it seems to answer on: where it listens, and what its probes ask.
    var answers: [String] {
        listens
            + ["readinessProbe", "livenessProbe", "startupProbe"].flatMap { probe in
                ["httpGet", "tcpSocket", "grpc"].compactMap { node.at(probe, $0, "port")?.text }
            }
    }

    /// What it declares, and what its flags and variables say.
    var listens: [String] {
        let words = words
        let listening = words.indices.compactMap { index -> String? in
            if Self.portFlags.contains(words[index]) { return words.dropFirst(index + 1).first }
            return Self.listenFlags.first(where: words[index].hasPrefix).map {
                String(words[index].dropFirst($0.count))
            }
        }
        let told = Self.portVariables.compactMap(environment) + listening
        return declaredPorts + told.filter { UInt16($0) != nil }
    }

    /// The command line without the flags that say where main is, and what they say.
    var ownWords: [String] {
        let words = words
        return words.indices.filter { index in
            !Self.isUpstream(words[index])
                && !(index > 0 && Self.isUpstream(words[index - 1]) && !words[index - 1].contains("="))
        }.map { words[$0] }
    }

    private static func isUpstream(_ word: String) -> Bool { upstreamFlags.contains(where: word.hasPrefix) }

    /// Ports of main that its own flags and variables name: `--upstream=http://localhost:9090`, `--app-port 3000`,
    /// `UPSTREAM_URL`.
    var upstreamPorts: [String] {
        let words = words
        let flagged = words.indices.flatMap { index -> [String] in
            guard Self.isUpstream(words[index]) else { return [] }
            let parts = words[index].split(separator: "=", maxSplits: 1)
            guard let value = parts.count > 1 ? String(parts[1]) : words.dropFirst(index + 1).first else { return [] }
            let isPort = Self.upstreamFlags.contains(String(parts[0])) || parts[0].hasSuffix("port")
            let bare = value.drop { $0 == ":" }
            return isPort && UInt16(bare) != nil ? [String(bare)] : localPorts(value)
        }
        let variables = (node["env"]?.elements ?? []).flatMap { variable -> [String] in
            guard let name = variable["name"], name.mentions("UPSTREAM") || name.mentions("BACKEND") else { return [] }
            return localPorts(variable["value"]?.text ?? "")
        }
        return flagged + variables
    }

    private func localPorts(_ text: String) -> [String] { LocalWords(withVariables([text])).ports.sorted() }

    /// Whether a port that it may declare is main's all the same: two programs cannot listen on one.
    func isMains(_ port: String, among mains: Neighbours) -> Bool {
        mains.listen(on: port) || upstreamPorts.contains(port)
    }

    /// Whether its command line or variables name a port of main on the pod's own network. An exporter answers though what it
    /// asks is down: that is what it tells.
    func reaches(_ mains: Neighbours) -> Bool {
        guard upstreamPorts.isEmpty else { return true }
        guard !programs.contains(where: { $0.hasSuffix("exporter") }) else { return false }
        let values = (node["env"]?.elements ?? []).compactMap { $0["value"]?.text }
        return LocalWords(withVariables(words + values)).ports.contains(where: mains.listen)
    }

    /// Variables that say where somebody else is, or that localhost is reached without a proxy.
    private static let upstreamVariables = [
        "PROXY", "UPSTREAM", "BACKEND", "TARGET", "AGENT", "DATABASE", "DB_", "PG", "POSTGRES", "MYSQL", "REDIS",
        "MONGO", "OTEL", "URL", "ENDPOINT", "ORIGIN", "ALLOWED",
    ]
    private static let listenVariables = ["LISTEN", "BIND"]

    /// Whether its ports may answer inside the pod alone, by its own words or by a variable such as `LISTEN_ADDR`: words that
    /// name main's ports say where main is.
    func mayListenOnLocalhost(beside mains: Neighbours) -> Bool {
        let asks = ownWords.contains { word in
            guard LocalWords.mentioned(in: word) else { return false }
            let named = LocalWords([word]).ports
            // A script does more than it says.
            return named.isEmpty || word.contains(" ") || !named.allSatisfy(mains.listen)
        }
        if asks { return true }
        return (node["env"]?.elements ?? []).contains { variable in
            guard let value = variable["value"]?.text, LocalWords.mentioned(in: value),
                !LocalWords([value]).askOthers(than: ports)
            else { return false }
            func isNamed(_ word: String) -> Bool { variable["name"]?.mentions(word) == true }
            return Self.listenVariables.contains(where: isNamed) || !Self.upstreamVariables.contains(where: isNamed)
        }
    }

    /// The other container to whose port a hook of this one speaks.
    func asked(in hook: SourceNode, among all: Neighbours) -> ManifestContainer? {
        all.first(answering: ProbeTarget(hook, of: self).ports(beside: ports), besides: name)?.container
    }

    /// Where words look for a file that main may write.
    ///
    /// - Parameter others: they look for what this container cannot have written itself.
    func file(ofMains mains: Neighbours, in words: [String], byOthers others: Bool) -> String? {
        guard !words.isEmpty else { return nil }
        return mounts.first { mount in
            !mount.path.isEmpty && (mount.isReadOnly || !others) && mains.write(to: mount.volume)
                && words.contains { $0.mentions(mount.path.hasSuffix("/") ? mount.path : mount.path + "/") }
        }?.path
    }

    /// The folder in which its own program waits for a file of main's before it serves.
    func awaitedFile(of mains: Neighbours) -> String? {
        LocalWords.wait(words) ? file(ofMains: mains, in: withVariables(words), byOthers: false) : nil
    }

    /// The port of main for which its own program waits before it serves.
    func awaited(of mains: Neighbours) -> String? {
        guard LocalWords.wait(words) else { return nil }
        return mains.first(answering: LocalWords(withVariables(words), asks: true).ports.subtracting(ports))?.port
    }
}
