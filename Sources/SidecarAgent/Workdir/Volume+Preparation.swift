import WorkdirProtocol

extension Volume {
    /// Main's markers: void when the process that made them is gone.
    private static let words = [WorkdirPath.state, WorkdirPath.healthy, WorkdirPath.done]

    /// Where a volume that outlived its pod keeps the outputs found in it, until the next such find.
    static let earlier = "earlier"

    /// Something an agent or an entrypoint left behind; the binary alone may have been put there for us.
    func hasLeftovers() throws(VolumeError) -> Bool {
        // The entrypoint of an ordinary container beside us may have begun before us.
        let innocent = [WorkdirPath.lock, WorkdirPath.entrypoint, WorkdirPath.attempt].map(Self.ownName)
        return try own.names().contains { !innocent.contains($0) && !$0.hasPrefix(FolderHandle.temporaryPrefix) }
            || exists(WorkdirPath.ready)
    }

    /// Clears away what must not be taken for new.
    func prepare(for condition: VolumeCondition) throws(VolumeError) {
        switch condition {
        case .fresh, .resumed:
            return
        case .rebooted:
            for word in Self.words { try remove(word) }
        case .stale:
            // `ready` first: nobody may start on inputs that are about to go.
            for marker in [WorkdirPath.ready, WorkdirPath.started] + Self.words { try remove(marker) }
            try own.removeAll(
                except: [Self.ownName(WorkdirPath.lock), Self.ownName(WorkdirPath.entrypoint), Self.earlier])
            try root.folder(WorkdirPath.input).removeAll()
            let outputs = try root.folder(WorkdirPath.output)
            guard try !outputs.names().isEmpty else { return }
            let earlier = try own.folder(Self.earlier)
            try earlier.removeAll()
            for name in try outputs.names() { try outputs.move(name, to: earlier, as: name) }
        }
    }
}
