extension Signal {
    /// Returns when sent, when `time` reaches `deadline`, or when the task is cancelled.
    package func wait(until deadline: Duration?, _ time: Timepiece) async {
        await withTaskGroup(of: Void.self) { group in
            group.addTask { _ = await self.wait() }
            if let deadline { group.addTask { try? await time.sleep(deadline) } }
            await group.next()
            group.cancelAll()
        }
    }
}
