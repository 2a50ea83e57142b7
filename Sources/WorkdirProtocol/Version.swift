/// What every command says to `--version`; `scripts/build-images` names the images by it.
public enum Version {
    public static let current = "0.1.0"
}
