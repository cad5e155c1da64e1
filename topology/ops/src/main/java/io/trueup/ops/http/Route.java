package io.trueup.ops.http;

/**
 * A path and what it answers.
 *
 * @param path the path, such as {@code /metrics}
 * @param isOpen whether it is answered without credentials and under any host name: for probes, which have neither
 * @param waits whether it waits for brokers: it is then answered on a thread for that
 * @param resource what is answered to GET; null for an action and for events
 * @param action what POST does; null for a resource and for events
 * @param events the events that a connected client receives; null for a resource and for an action
 */
public record Route(String path, boolean isOpen, boolean waits, Resource resource, Action action, EventStreams events) {

    /** A path that needs credentials, if any are configured. */
    public static Route guarded(String path, Resource resource) {
        return new Route(path, false, false, resource, null, null);
    }

    /** A path that needs credentials, if any are configured, and may wait for brokers. */
    public static Route waiting(String path, Resource resource) {
        return new Route(path, false, true, resource, null, null);
    }

    /** A path for everybody. */
    public static Route open(String path, Resource resource) {
        return new Route(path, true, false, resource, null, null);
    }

    /** A path that changes something: it needs credentials, and without any configured it does nothing. */
    public static Route action(String path, Action action) {
        return new Route(path, false, true, null, action, null);
    }

    /** A path that sends events, for as long as the client is connected. Needs credentials, if any are configured. */
    public static Route events(String path, EventStreams events) {
        return new Route(path, false, false, null, null, events);
    }

    /** The methods that are answered. */
    String methods() {
        return action == null ? "GET, HEAD" : "POST";
    }

    /** Whether a method is answered. */
    boolean answers(String method) {
        return action == null ? method.equals("GET") || method.equals("HEAD") : method.equals("POST");
    }
}
