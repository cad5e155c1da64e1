package io.trueup.ops.http;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.eclipse.jetty.http.HttpHeader;
import org.eclipse.jetty.http.HttpStatus;
import org.eclipse.jetty.server.Response;
import org.eclipse.jetty.util.Callback;
import org.eclipse.jetty.util.IteratingCallback;

/**
 * Server-sent events to the clients that are connected. Nobody is waited for: a client that does not read what was sent is dropped, and
 * reads the whole again when it connects anew. No event is kept for later. Thread-safe.
 */
public final class EventStreams implements AutoCloseable {

    static final String TYPE = "text/event-stream";
    static final int MAX_CLIENTS = 128;
    /** So much may wait for one client. */
    static final int MAX_WAITING_BYTES = 256 * 1024;

    private static final int BEAT_SECONDS = 10;
    /** Shows that the connection stands, and keeps it from being idle. */
    private static final byte[] BEAT = ": \n\n".getBytes(StandardCharsets.UTF_8);

    private final Set<Client> clients = ConcurrentHashMap.newKeySet();
    private final ScheduledExecutorService beats = Executors.newSingleThreadScheduledExecutor(task -> {
        Thread thread = new Thread(task, "trueup-events");
        thread.setDaemon(true);
        return thread;
    });

    public EventStreams() {
        Future<?> unused = beats.scheduleWithFixedDelay(() -> send(BEAT), BEAT_SECONDS, BEAT_SECONDS, TimeUnit.SECONDS);
    }

    /** Sends an event to all clients. Does not wait. */
    public void publish(String name, JsonNode data) {
        if (!clients.isEmpty()) {
            send(("event: " + name + "\ndata: " + data + "\n\n").getBytes(StandardCharsets.UTF_8));
        }
    }

    private void send(byte[] event) {
        clients.forEach(client -> client.send(event));
    }

    /** How many clients are connected. */
    public int clients() {
        return clients.size();
    }

    /** Connects a client; false if there are as many as there may be. */
    synchronized boolean connect(Response response, Callback callback) {
        if (clients.size() >= MAX_CLIENTS) {
            return false;
        }
        response.setStatus(HttpStatus.OK_200);
        Exchange.HEADERS.forEach(response.getHeaders()::put);
        response.getHeaders().put(HttpHeader.CONTENT_TYPE, TYPE);
        Client client = new Client(response, callback);
        clients.add(client);
        client.send(BEAT);
        return true;
    }

    @Override
    public void close() {
        beats.shutdownNow();
        clients.forEach(client -> client.abort(new IOException("the server ends")));
    }

    private final class Client extends IteratingCallback {
        private final Response response;
        private final Callback callback;
        private final Deque<byte[]> waiting = new ArrayDeque<>();
        private int waitingBytes;

        Client(Response response, Callback callback) {
            this.response = response;
            this.callback = callback;
        }

        void send(byte[] event) {
            boolean fits;
            synchronized (waiting) {
                fits = waitingBytes + event.length <= MAX_WAITING_BYTES;
                if (fits) {
                    waiting.add(event);
                    waitingBytes += event.length;
                }
            }
            if (fits) {
                iterate();
            } else {
                abort(new IOException("a client of events does not read them"));
            }
        }

        @Override
        protected Action process() {
            byte[] next;
            synchronized (waiting) {
                next = waiting.poll();
                waitingBytes -= next == null ? 0 : next.length;
            }
            if (next == null) {
                return Action.IDLE;
            }
            response.write(false, ByteBuffer.wrap(next), this);
            return Action.SCHEDULED;
        }

        @Override
        protected void onAborted(Throwable cause) {
            clients.remove(this);
        }

        @Override
        protected void onCompleteFailure(Throwable cause) {
            clients.remove(this);
            callback.failed(cause);
        }
    }
}
