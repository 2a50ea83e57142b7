extension Duration {
    /// In seconds, for metrics and for arithmetic that needs fractions.
    package var inSeconds: Double {
        let (seconds, attoseconds) = components
        return Double(seconds) + Double(attoseconds) * 1e-18
    }
}
