package io.trueup.ops.http;

import io.trueup.config.http.HttpSettings;
import java.io.IOException;
import java.net.BindException;
import java.nio.channels.UnresolvedAddressException;
import java.util.List;
import org.eclipse.jetty.http.HttpVersion;
import org.eclipse.jetty.server.HttpConfiguration;
import org.eclipse.jetty.server.HttpConnectionFactory;
import org.eclipse.jetty.server.NetworkConnectionLimit;
import org.eclipse.jetty.server.SecureRequestCustomizer;
import org.eclipse.jetty.server.Server;
import org.eclipse.jetty.server.ServerConnector;
import org.eclipse.jetty.server.SslConnectionFactory;
import org.eclipse.jetty.server.handler.SizeLimitHandler;
import org.eclipse.jetty.util.ssl.SslContextFactory;
import org.eclipse.jetty.util.thread.QueuedThreadPool;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The HTTP server of a process. All that a client can use up is bounded: connections, threads, the size of a request, and the time for
 * which a connection may be idle. Thread-safe.
 */
public final class HttpServer implements AutoCloseable {

    static final int MAX_HEADER_BYTES = 8 * 1024;
    static final int MAX_BODY_BYTES = 64 * 1024;
    static final int MAX_CONNECTIONS = 256;
    static final int IDLE_MS = 30_000;
    /** Where no more connections are accepted, idle ones end after this time. */
    private static final int IDLE_AT_LIMIT_MS = 1_000;

    private static final int MAX_THREADS = 8;
    private static final int ACCEPT_QUEUE = 128;
    private static final Logger LOG = LoggerFactory.getLogger(HttpServer.class);

    private final HttpSettings settings;
    private final Server server;
    private final ServerConnector connector;
    private final WaitingThreads waiting = new WaitingThreads();

    /**
     * Prepares a server.
     *
     * @param settings with an address to listen on
     * @throws HttpStartException if the certificate cannot be read
     */
    public HttpServer(HttpSettings settings, List<Route> routes) {
        this(settings, routes, IDLE_MS);
    }

    /** @param idleMs how long a connection may be idle */
    HttpServer(HttpSettings settings, List<Route> routes, int idleMs) {
        this.settings = settings;
        QueuedThreadPool threads = new QueuedThreadPool(MAX_THREADS, 1);
        threads.setName("trueup-http");
        threads.setDaemon(true);
        server = new Server(threads);
        connector = connector();
        connector.setHost(settings.host());
        connector.setPort(settings.port());
        connector.setIdleTimeout(idleMs);
        connector.setAcceptQueueSize(ACCEPT_QUEUE);
        server.addConnector(connector);
        NetworkConnectionLimit limit = new NetworkConnectionLimit(MAX_CONNECTIONS, connector);
        limit.setEndPointIdleTimeout(IDLE_AT_LIMIT_MS);
        server.addBean(limit);
        server.setErrorHandler(new Problems());
        SizeLimitHandler sizes = new SizeLimitHandler(MAX_BODY_BYTES, -1);
        sizes.setHandler(new Exchange(settings, routes, waiting));
        server.setHandler(sizes);
    }

    private ServerConnector connector() {
        HttpConfiguration http = new HttpConfiguration();
        http.setSendServerVersion(false);
        http.setSendXPoweredBy(false);
        http.setRequestHeaderSize(MAX_HEADER_BYTES);
        http.setNotifyRemoteAsyncErrors(true);
        if (settings.tls().isEmpty()) {
            return new ServerConnector(server, 1, 1, new HttpConnectionFactory(http));
        }
        SecureRequestCustomizer secure = new SecureRequestCustomizer();
        secure.setSniHostCheck(false); // names are checked against http.hosts
        http.addCustomizer(secure);
        SslContextFactory.Server tls = new SslContextFactory.Server();
        tls.setSslContext(Certificates.context(settings.tls().get()));
        tls.setIncludeProtocols("TLSv1.2", "TLSv1.3");
        return new ServerConnector(
                server,
                1,
                1,
                new SslConnectionFactory(tls, HttpVersion.HTTP_1_1.asString()),
                new HttpConnectionFactory(http));
    }

    /**
     * Listens.
     *
     * @throws HttpStartException if the address cannot be used
     */
    public void start() {
        try {
            server.start();
        } catch (IOException | UnresolvedAddressException e) {
            close();
            throw new HttpStartException(unusable(e));
        } catch (Exception e) {
            close();
            throw new IllegalStateException("the HTTP server does not start", e);
        }
        LOG.info("Answers HTTP on {}", address());
    }

    private String unusable(Exception e) {
        String what = HttpSettings.LISTEN + "=" + settings;
        if (e instanceof BindException || e.getCause() instanceof BindException) {
            return what
                    + ": the port is used by another process, or the address is none of this host. Set another port;"
                    + " processes on one host need different ones";
        }
        return what + " cannot be listened on: " + e.getClass().getSimpleName()
                + (e.getMessage() == null ? "" : " (" + e.getMessage() + ")");
    }

    /** The port on which it listens. */
    public int port() {
        return connector.getLocalPort();
    }

    /** The address as a client writes it. */
    public String address() {
        String host = settings.host().indexOf(':') < 0 ? settings.host() : '[' + settings.host() + ']';
        return (settings.tls().isPresent() ? "https://" : "http://") + host + ':' + port();
    }

    /** How many connections are open. */
    public int connections() {
        return connector.getConnectedEndPoints().size();
    }

    /** Ends all connections, and waits for that. */
    @Override
    public void close() {
        waiting.close();
        try {
            server.stop();
        } catch (Exception e) {
            LOG.warn("The HTTP server did not stop in good order", e);
        }
    }
}
