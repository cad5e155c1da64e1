package io.trueup.ops.http;

import io.trueup.config.http.HttpSettings;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpMethod;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Takes each request, and answers it from the table of routes: first the host name, then the credentials, the path, the method. */
final class Exchange extends Handler.Abstract {

    /** What every answer says to a browser. */
    static final Map<String, String> HEADERS = Map.of(
            "Content-Security-Policy",
            "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'",
            "X-Content-Type-Options",
            "nosniff",
            "Referrer-Policy",
            "no-referrer",
            "Cross-Origin-Resource-Policy",
            "same-origin",
            "Cache-Control",
            "no-store");

    private static final Logger LOG = LoggerFactory.getLogger(Exchange.class);
    private static final Set<String> METHODS = Set.of(HttpMethod.GET.asString(), HttpMethod.HEAD.asString());
    private static final String ALLOW = "GET, HEAD";

    private final Map<String, Route> routes = new TreeMap<>();
    private final Credentials credentials;
    private final Set<String> hosts;
    private final boolean anyHost;

    Exchange(HttpSettings settings, List<Route> table) {
        table.forEach(route -> routes.put(route.path(), route));
        credentials = new Credentials(settings);
        hosts = Set.copyOf(settings.hosts());
        anyHost = hosts.isEmpty() && !settings.isLoopback();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        send(response, answer(request, response), callback);
        return true;
    }

    private Answer answer(Request request, Response response) {
        Route route = routes.get(Request.getPathInContext(request));
        boolean open = route != null && route.isOpen();
        String authorization = request.getHeaders().get(HttpHeader.AUTHORIZATION);
        if (!open && !isExpectedHost(Request.getServerName(request)) && !credentials.isToken(authorization)) {
            return Answer.problem(
                    HttpStatus.MISDIRECTED_REQUEST_421,
                    "Misdirected Request",
                    "this process does not answer under the host name of the request; http.hosts lists the names under"
                            + " which it does, besides localhost");
        }
        if (!open && !credentials.accept(authorization)) {
            credentials
                    .challenges()
                    .forEach(challenge -> response.getHeaders().add(HttpHeader.WWW_AUTHENTICATE, challenge));
            return Answer.problem(
                    HttpStatus.UNAUTHORIZED_401,
                    "Unauthorized",
                    "the request has no valid credentials in its header Authorization");
        }
        if (route == null) {
            return Answer.problem(
                    HttpStatus.NOT_FOUND_404,
                    "Not Found",
                    "there is nothing under this path; there is " + String.join(", ", routes.keySet()));
        }
        if (!METHODS.contains(request.getMethod())) {
            response.getHeaders().put(HttpHeader.ALLOW, ALLOW);
            return Answer.problem(
                    HttpStatus.METHOD_NOT_ALLOWED_405, "Method Not Allowed", "this path answers " + ALLOW + " alone");
        }
        return get(route, request);
    }

    private boolean isExpectedHost(String name) {
        String host = name == null ? "" : name.toLowerCase(Locale.ROOT).replaceAll("[\\[\\]]", "");
        return anyHost || HttpSettings.isLoopback(host) || hosts.contains(host);
    }

    private static Answer get(Route route, Request request) {
        try {
            return route.resource().get(query(request));
        } catch (InvalidQueryException e) {
            return Answer.problem(HttpStatus.BAD_REQUEST_400, "Bad Request", e.getMessage());
        } catch (RuntimeException e) {
            LOG.error("{} could not be answered", route.path(), e);
            return Answer.problem(
                    HttpStatus.INTERNAL_SERVER_ERROR_500,
                    "Internal Server Error",
                    "the request could not be answered; the log of the process says why");
        }
    }

    private static Query query(Request request) throws InvalidQueryException {
        Map<String, List<String>> parameters = new TreeMap<>();
        try {
            for (Fields.Field field : Request.extractQueryParameters(request)) {
                parameters.put(field.getName(), field.getValues());
            }
        } catch (RuntimeException e) {
            throw new InvalidQueryException("the query cannot be read: percent-encoded UTF-8 is expected");
        }
        String accept = request.getHeaders().get(HttpHeader.ACCEPT);
        return new Query(parameters, accept == null ? "" : accept);
    }

    /** Sends an answer. */
    static void send(Response response, Answer answer, Callback callback) {
        response.setStatus(answer.status());
        HEADERS.forEach(response.getHeaders()::put);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, answer.contentType());
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.body().length);
        response.write(true, ByteBuffer.wrap(answer.body()), callback);
    }
}
