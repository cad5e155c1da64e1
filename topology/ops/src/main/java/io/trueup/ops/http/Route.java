package io.trueup.ops.http;

/**
 * A path and what it answers.
 *
 * @param path the path, such as {@code /metrics}
 * @param isOpen whether it is answered without credentials and under any host name: for probes, which have neither
 */
public record Route(String path, boolean isOpen, Resource resource) {

    /** A path that needs credentials, if any are configured. */
    public static Route guarded(String path, Resource resource) {
        return new Route(path, false, resource);
    }

    /** A path for everybody. */
    public static Route open(String path, Resource resource) {
        return new Route(path, true, resource);
    }
}
