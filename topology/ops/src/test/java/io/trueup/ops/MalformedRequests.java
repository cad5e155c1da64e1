package io.trueup.ops;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.IntStream;

/** Sends requests that are no valid HTTP, each on a connection of its own: noise, and requests with random changes. */
final class MalformedRequests {

    private static final int THREADS = 4;
    private static final List<String> SEEDS = List.of(
            "GET /health/live HTTP/1.1\r\nHost: localhost\r\n\r\n",
            "POST /api/v1/status HTTP/1.1\r\nHost: localhost\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
            "GET /metrics?limit=%2e%zz&limit=1 HTTP/1.1\r\nHost: localhost\r\nAuthorization: Basic Og==\r\n\r\n",
            "POST /api/v1/actions/pause HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer " + JobOverHttp.TOKEN
                    + "\r\nX-Trueup-Action: 1\r\nContent-Type: application/json\r\nContent-Length: 16\r\n\r\n{\"replica\":\"ap\"}",
            "OPTIONS * HTTP/1.1\r\nHost: [::1]:80\r\nContent-Length: 3\r\nContent-Length: 4\r\n\r\nabc",
            "GET http://a:b@localhost:99999/../%00 HTTP/2.7\r\nHost: a,b\r\nExpect: 100-continue\r\nUpgrade: h2c\r\n\r\n",
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");

    private final InetSocketAddress address;
    private final Random random;
    private final Map<Integer, Integer> statuses = new ConcurrentSkipListMap<>();

    MalformedRequests(String address, long seed) {
        URI uri = URI.create(address);
        this.address = new InetSocketAddress(uri.getHost(), uri.getPort());
        random = new Random(seed);
    }

    /** Sends so many, and returns the number of answers by status; 0 stands for a connection that ended without one. */
    Map<Integer, Integer> send(int count) {
        List<byte[]> requests =
                IntStream.range(0, count).mapToObj(i -> request(i)).toList();
        AtomicInteger next = new AtomicInteger();
        List<Thread> threads = IntStream.range(0, THREADS)
                .mapToObj(i -> new Thread(() -> {
                    for (int at = next.getAndIncrement(); at < count; at = next.getAndIncrement()) {
                        statuses.merge(status(requests.get(at)), 1, Integer::sum);
                    }
                }))
                .toList();
        threads.forEach(Thread::start);
        for (Thread thread : threads) {
            try {
                thread.join();
            } catch (InterruptedException e) {
                throw new AssertionError(e);
            }
        }
        assertThat(statuses.values().stream().mapToInt(Integer::intValue).sum()).isEqualTo(count);
        return statuses;
    }

    private byte[] request(int i) {
        if (i % 4 == 0) {
            byte[] noise = new byte[1 + random.nextInt(200)];
            random.nextBytes(noise);
            return noise;
        }
        byte[] request = SEEDS.get(random.nextInt(SEEDS.size())).getBytes(StandardCharsets.ISO_8859_1);
        for (int change = 0; change <= i % 4; change++) {
            request[random.nextInt(request.length)] = (byte) random.nextInt(256);
        }
        return request;
    }

    private int status(byte[] request) {
        try (Socket socket = new Socket()) {
            socket.setSoTimeout(20_000);
            socket.connect(address);
            socket.getOutputStream().write(request);
            socket.shutdownOutput();
            return status(socket.getInputStream());
        } catch (IOException e) {
            return 0; // the server has ended the connection while the request was sent
        }
    }

    private static int status(InputStream in) throws IOException {
        String line = new String(in.readNBytes(12), StandardCharsets.ISO_8859_1);
        return line.matches("HTTP/1\\.[01] [0-9]{3}") ? Integer.parseInt(line.substring(9)) : 0;
    }
}
