package io.trueup.ops;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.trueup.avro.MalformedRecordException;
import io.trueup.avro.SingleObjectCodec;
import io.trueup.broker.TestBroker;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Flow.Subscriber;
import java.util.concurrent.Flow.Subscription;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.IntStream;
import org.apache.kafka.clients.consumer.ConsumerRecord;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * A thousand requests a second and a hundred clients of events, while rounds go on. It measures how long rounds take without and with
 * them, in turns, and prints the ratios; the time of a machine that does other things besides is nothing to assert. What it
 * asserts is that every request is answered, that every client gets the events, and that all rounds are compared.
 */
@Tag("proof")
class HttpLoadIT {

    private static final int CLIENTS = 100;
    private static final int CONNECTIONS = 64;
    private static final int REQUESTS_PER_SECOND = Integer.getInteger("load.requests", 1_000);
    private static final int SECONDS = Integer.getInteger("load.seconds", 20);
    private static final int TURNS = 3;
    private static final Duration PATIENCE = Duration.ofMinutes(2);
    private static final List<String> PATHS = List.of(
            "/api/v1/status",
            "/api/v1/partitions",
            "/api/v1/cuts?limit=60",
            "/api/v1/rounds?limit=20",
            "/health/ready");
    private static final SingleObjectCodec<RoundReport> REPORTS = SingleObjectCodec.of(RoundReport.class);

    @TempDir
    Path directory;

    private final ExecutorService threads = Executors.newFixedThreadPool(4);
    private final HttpClient client = HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .executor(threads)
            .build();
    /** A server has 256 connections, of which the clients of events take 100. */
    private final Semaphore atATime = new Semaphore(CONNECTIONS);
    /** How many answers there were, by status, or by why there was none. */
    private final Map<String, AtomicLong> answers = new ConcurrentSkipListMap<>();

    @Test
    void shouldLeaveTheRoundsAlone() {
        try (JobOverHttp running = new JobOverHttp(directory)) {
            running.operations.start();
            running.job.start();
            running.operations.jobStarted();
            for (int i = 0; i < 200; i++) {
                running.write("eu", "key-" + i, 1, "value");
                running.write("us", "key-" + i, 1, "value");
            }
            await().atMost(PATIENCE)
                    .until(() -> running.get("/api/v1/status").body().contains("\"state\":\"EQUAL\""));

            Rounds without = new Rounds();
            Rounds with = new Rounds();
            for (int turn = 0; turn < TURNS; turn++) {
                without.add(rest(running));
                with.add(load(running));
            }
            System.out.printf(
                    Locale.ROOT,
                    "HTTP load: %d requests/s asked for, %d/s answered, %d clients of events; %d and %d rounds without and with it%n"
                            + "  %s%n  %s%n",
                    REQUESTS_PER_SECOND,
                    answered() / ((long) TURNS * SECONDS),
                    CLIENTS,
                    without.sorted().length,
                    with.sorted().length,
                    ratio("median", without, with, 0.5),
                    ratio("99th percentile", without, with, 0.99));
            assertThat(answers.keySet()).as(answers.toString()).containsExactly("200");
            assertThat(with.outcomes).containsOnlyKeys(Outcome.EQUAL);
        } finally {
            threads.shutdownNow();
        }
    }

    private long answered() {
        return answers.values().stream().mapToLong(AtomicLong::get).sum();
    }

    private static String ratio(String what, Rounds without, Rounds with, double quantile) {
        long before = without.quantile(quantile);
        long after = with.quantile(quantile);
        return String.format(
                Locale.ROOT,
                "%s from due to reported: %d ms without, %d ms with it: ratio %.2f",
                what,
                before,
                after,
                (double) after / Math.max(1, before));
    }

    /** The rounds of a time without requests. */
    private static List<RoundReport> rest(JobOverHttp running) {
        long sinceMs = System.currentTimeMillis();
        await().atMost(PATIENCE).until(() -> System.currentTimeMillis() >= sinceMs + SECONDS * 1_000L);
        return reports(running, sinceMs);
    }

    /** The rounds of a time with requests and clients of events. */
    private List<RoundReport> load(JobOverHttp running) {
        List<Events> clients =
                IntStream.range(0, CLIENTS).mapToObj(i -> listen(running)).toList();
        await().atMost(PATIENCE).until(() -> clients.stream().allMatch(one -> one.lines.get() > 0));
        long sinceMs = System.currentTimeMillis();
        long startNs = System.nanoTime();
        for (int i = 0; i < REQUESTS_PER_SECOND * SECONDS; i++) {
            long dueNs = startNs + TimeUnit.SECONDS.toNanos(i) / REQUESTS_PER_SECOND;
            while (System.nanoTime() < dueNs) {
                LockSupport.parkNanos(dueNs - System.nanoTime());
            }
            atATime.acquireUninterruptibly();
            ask(running, PATHS.get(i % PATHS.size()));
        }
        atATime.acquireUninterruptibly(CONNECTIONS);
        atATime.release(CONNECTIONS);
        List<RoundReport> reports = reports(running, sinceMs);
        await("each report is an event for each client")
                .atMost(PATIENCE)
                .untilAsserted(() -> assertThat(clients)
                        .extracting(one -> one.rounds.get())
                        .allMatch(events -> events >= reports.size()));
        clients.forEach(Events::cancel);
        return reports;
    }

    private void ask(JobOverHttp running, String path) {
        HttpRequest request = request(running, path).build();
        var unused = client.sendAsync(request, BodyHandlers.discarding()).whenComplete((answer, failure) -> {
            Object status = failure == null ? answer.statusCode() : failure.toString();
            answers.computeIfAbsent(status.toString(), s -> new AtomicLong()).incrementAndGet();
            atATime.release();
        });
    }

    private Events listen(JobOverHttp running) {
        Events events = new Events();
        var unused =
                client.sendAsync(request(running, "/api/v1/events").build(), BodyHandlers.fromLineSubscriber(events));
        return events;
    }

    private static HttpRequest.Builder request(JobOverHttp running, String path) {
        return HttpRequest.newBuilder(URI.create(running.operations.address() + path))
                .header("Authorization", "Bearer " + JobOverHttp.TOKEN);
    }

    private static List<RoundReport> reports(JobOverHttp running, long sinceMs) {
        return TestBroker.shared().readAll(running.dataset + ".rounds").stream()
                .map(HttpLoadIT::report)
                .filter(report -> report.getCut() > sinceMs)
                .toList();
    }

    private static RoundReport report(ConsumerRecord<byte[], byte[]> record) {
        try {
            return REPORTS.decode(record.topic(), record.value());
        } catch (MalformedRecordException e) {
            throw new AssertionError(e);
        }
    }

    /** One client of events. */
    private static final class Events implements Subscriber<String> {
        private final AtomicLong lines = new AtomicLong();
        private final AtomicLong rounds = new AtomicLong();
        private volatile Subscription subscription;

        @Override
        public void onSubscribe(Subscription given) {
            subscription = given;
            given.request(Long.MAX_VALUE);
        }

        @Override
        public void onNext(String line) {
            lines.incrementAndGet();
            if (line.equals("event: round")) {
                rounds.incrementAndGet();
            }
        }

        @Override
        public void onError(Throwable failure) {
            // the connection has ended: its client gets no more events, which the test notices
        }

        @Override
        public void onComplete() {
            // as above
        }

        void cancel() {
            subscription.cancel();
        }
    }

    /** How long rounds took from when their cut was due until the report. */
    private static final class Rounds {
        private final List<Long> tookMs = new ArrayList<>();
        private final Map<Outcome, Integer> outcomes = new TreeMap<>();

        void add(List<RoundReport> reports) {
            for (RoundReport report : reports) {
                tookMs.add(report.getSealedAfterMs() + report.getDurationMs());
                outcomes.merge(report.getOutcome(), 1, Integer::sum);
            }
        }

        long[] sorted() {
            return tookMs.stream().mapToLong(Long::longValue).sorted().toArray();
        }

        long quantile(double share) {
            long[] sorted = sorted();
            return sorted[(int) Math.min(sorted.length - 1, Math.floor(share * sorted.length))];
        }
    }
}
