/// The program's version; `scripts/build-images` names the images by it.
enum Version {
    static let current = "0.1.0"
}
