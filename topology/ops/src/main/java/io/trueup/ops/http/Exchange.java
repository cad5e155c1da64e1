package io.trueup.ops.http;

import io.trueup.config.http.HttpSettings;
import java.nio.ByteBuffer;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpHeaderValue;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.io.Content;
import org.eclipse.jetty.server.Handler;
import org.eclipse.jetty.server.Request;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.Fields;
import org.eclipse.jetty.util.Promise;
import org.eclipse.jetty.util.thread.Invocable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Takes each request, and answers it from the table of routes: first the host name, then where it comes from, the credentials, the path, the
 * method.
 */
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

    private final Map<String, Route> routes = new TreeMap<>();
    private final Credentials credentials;
    private final Set<String> hosts;
    private final boolean anyHost;
    private final WaitingThreads waiting;

    /** @param waiting for what waits for brokers */
    Exchange(HttpSettings settings, List<Route> table, WaitingThreads waiting) {
        this.waiting = waiting;
        table.forEach(route -> routes.put(route.path(), route));
        credentials = new Credentials(settings);
        hosts = Set.copyOf(settings.hosts());
        anyHost = hosts.isEmpty() && !settings.isLoopback();
    }

    @Override
    public boolean handle(Request request, Response response, Callback callback) {
        Route route = routes.get(Request.getPathInContext(request));
        Optional<Answer> refusal = refusal(route, request, response);
        if (refusal.isPresent()) {
            send(response, refusal.get(), callback);
        } else if (route.action() != null) {
            Content.Source.asByteArrayAsync(
                    request,
                    2 * HttpServer.MAX_BODY_BYTES, // the server refuses larger ones than half of that
                    Promise.Invocable.from(
                            Invocable.InvocationType.NON_BLOCKING,
                            (body, failure) -> received(route, request, response, callback, body, failure)));
        } else if (route.events() != null) {
            connect(route, request, response, callback);
        } else if (route.waits()) {
            wait(response, callback, () -> get(route, request));
        } else {
            send(response, get(route, request), callback);
        }
        return true;
    }

    /** Why a request is not answered as it wishes; empty if it is. */
    private Optional<Answer> refusal(Route route, Request request, Response response) {
        boolean open = route != null && route.isOpen();
        String authorization = request.getHeaders().get(HttpHeader.AUTHORIZATION);
        if (!open && !isExpectedHost(Request.getServerName(request)) && !credentials.isToken(authorization)) {
            return Optional.of(Answer.problem(
                    HttpStatus.MISDIRECTED_REQUEST_421,
                    "Misdirected Request",
                    "this process does not answer under the host name of the request; http.hosts lists the names under"
                            + " which it does, besides localhost"));
        }
        if (!open) {
            Optional<Answer> foreign = SiteCheck.refusal(Request.getPathInContext(request), request.getHeaders());
            if (foreign.isPresent()) {
                return foreign;
            }
        }
        if (!open && !credentials.accept(authorization)) {
            credentials
                    .challenges()
                    .forEach(challenge -> response.getHeaders().add(HttpHeader.WWW_AUTHENTICATE, challenge));
            return Optional.of(Answer.problem(
                    HttpStatus.UNAUTHORIZED_401,
                    "Unauthorized",
                    "the request has no valid credentials in its header Authorization"));
        }
        if (route == null) {
            return Optional.of(Answer.problem(
                    HttpStatus.NOT_FOUND_404,
                    "Not Found",
                    "there is nothing under this path; there is " + String.join(", ", routes.keySet())));
        }
        if (!route.answers(request.getMethod())) {
            response.getHeaders().put(HttpHeader.ALLOW, route.methods());
            return Optional.of(Answer.problem(
                    HttpStatus.METHOD_NOT_ALLOWED_405,
                    "Method Not Allowed",
                    "this path answers " + route.methods() + " alone"));
        }
        if (route.action() != null && !credentials.areConfigured()) {
            return Optional.of(Answer.problem(HttpStatus.FORBIDDEN_403, "Forbidden", HttpSettings.NO_ACTIONS));
        }
        return route.action() == null ? Optional.empty() : ActionCheck.refusal(request.getHeaders());
    }

    private static void connect(Route route, Request request, Response response, Callback callback) {
        if (request.getMethod().equals("HEAD")) {
            send(response, new Answer(HttpStatus.OK_200, EventStreams.TYPE, new byte[0]), callback);
        } else if (!route.events().connect(response, callback)) {
            Answer full = Answer.problem(
                    HttpStatus.SERVICE_UNAVAILABLE_503,
                    "Service Unavailable",
                    "as many clients as may be are connected to the events; read /api/v1/status instead");
            send(response, full, callback);
        }
    }

    private void received(
            Route route, Request request, Response response, Callback callback, byte[] body, Throwable failure) {
        if (failure instanceof TimeoutException) {
            response.getHeaders().put(HttpHeader.CONNECTION, HttpHeaderValue.CLOSE.asString());
            Answer late = Answer.problem(
                    HttpStatus.REQUEST_TIMEOUT_408,
                    "Request Timeout",
                    "the body of the request has not come whole before the connection was idle for too long");
            send(response, late, callback);
        } else if (failure != null) {
            Response.writeError(request, response, callback, failure);
        } else {
            wait(response, callback, () -> post(route, request, body));
        }
    }

    private Answer post(Route route, Request request, byte[] body) {
        String user = credentials.user(request.getHeaders().get(HttpHeader.AUTHORIZATION));
        try {
            return route.action().post(new Posted(Body.parse(body), user, Request.getRemoteAddr(request)));
        } catch (InvalidBodyException e) {
            return Answer.problem(HttpStatus.BAD_REQUEST_400, "Bad Request", e.getMessage());
        } catch (RuntimeException e) {
            return failed(route, e);
        }
    }

    /** Answers on a thread that may wait. */
    private void wait(Response response, Callback callback, Supplier<Answer> answer) {
        boolean runs = waiting.run(() -> send(response, answer.get(), callback));
        if (!runs) {
            Answer busy = Answer.problem(
                    HttpStatus.SERVICE_UNAVAILABLE_503,
                    "Service Unavailable",
                    "as many requests as may wait for brokers at a time are under way; send it again in some seconds");
            send(response, busy, callback);
        }
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
            return failed(route, e);
        }
    }

    private static Answer failed(Route route, RuntimeException failure) {
        LOG.error("{} could not be answered", route.path(), failure);
        return Answer.problem(
                HttpStatus.INTERNAL_SERVER_ERROR_500,
                "Internal Server Error",
                "the request could not be answered; the log of the process says why");
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
        answer.headers().forEach(response.getHeaders()::put);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, answer.contentType());
        response.getHeaders().put(HttpHeader.CONTENT_LENGTH, answer.body().length);
        response.write(true, ByteBuffer.wrap(answer.body()), callback);
    }
}
