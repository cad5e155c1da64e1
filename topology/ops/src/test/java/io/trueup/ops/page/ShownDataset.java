package io.trueup.ops.page;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.Reports;
import io.trueup.ops.api.CutsResource;
import io.trueup.ops.api.PartitionsResource;
import io.trueup.ops.api.RoundsResource;
import io.trueup.ops.api.StatusResource;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.EventStreams;
import io.trueup.ops.http.HttpServer;
import io.trueup.ops.http.Route;
import io.trueup.ops.rounds.DatasetRounds;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A dataset of 5 replicas, whose reports tests make, and the server of its page. Credentials are configured. For the page, the time stands still,
 * however long a test takes.
 */
final class ShownDataset {

    static final List<String> REPLICAS = List.of("ap", "eu", "sa", "uk", "us");
    static final String TOKEN = "a-token-of-more-than-16-bytes";

    private static final int SIZE = 500;

    final long nowMs = System.currentTimeMillis();
    final TrueupConfig config = TrueupConfig.of(Map.of(
            "bootstrap.servers", "localhost:1",
            "dataset", "products",
            "replicas", String.join(",", REPLICAS),
            "hash.secret", "0123456789abcdef0123456789abcdef",
            "http.listen", "127.0.0.1:0",
            "http.token", TOKEN));
    final DatasetRounds rounds;
    private final int partitions;
    /** Sends the page nothing until a test has it do so. */
    final EventStreams events = new EventStreams();

    private final Map<String, Route> routes = new TreeMap<>();

    /** @param partitions how many it has, 48 or more */
    ShownDataset(int partitions) {
        this.partitions = partitions;
        rounds = new DatasetRounds(config, partitions, nowMs);
        PageFile.routes().forEach(this::add);
        add(Route.guarded(
                "/api/v1/status",
                new StatusResource(
                        () -> Optional.of(rounds.at(nowMs, true)), config.http(), replica -> !replica.equals("eu"))));
        add(Route.guarded("/api/v1/partitions", new PartitionsResource(() -> Optional.of(rounds.at(nowMs, true)))));
        add(Route.guarded("/api/v1/cuts", new CutsResource(() -> Optional.of(rounds))));
        add(Route.guarded("/api/v1/rounds", new RoundsResource(() -> Optional.of(rounds))));
        add(Route.events("/api/v1/events", events));
        answer("/api/v1/audits", """
                {"available": true, "bounds": {"keys": 1000, "minutes": 30, "memoryBytes": 134217728, "reports": 5},
                 "running": null, "reports": []}""");
        add(Route.action(
                "/api/v1/actions/pause",
                request ->
                        Answer.json(202, JsonNodeFactory.instance.objectNode().put("text", "done"))));
    }

    /** Adds a path, or replaces what it answers. */
    void add(Route route) {
        routes.put(route.path(), route);
    }

    /** Has a path answer JSON. */
    void answer(String path, String json) {
        add(Route.guarded(path, query -> new Answer(200, "application/json", json.getBytes(StandardCharsets.UTF_8))));
    }

    /** Takes the reports of all replicas in all partitions at a cut. */
    void reportAll(long cutMs, Outcome outcome) {
        for (int partition = 0; partition < partitions; partition++) {
            for (String replica : REPLICAS) {
                take(report(replica, partition, cutMs, outcome));
            }
        }
    }

    RoundReport.Builder report(String replica, int partition, long cutMs, Outcome outcome) {
        return Reports.report("products", REPLICAS, replica, partition, cutMs, outcome);
    }

    void take(RoundReport.Builder report) {
        rounds.take(report.build(), SIZE, nowMs);
    }

    /** An hour of rounds, of which some have found differences, and the last one of nearly everything that can be. */
    void reportAnHour() {
        for (int round = 60; round > 0; round--) {
            long cutMs = nowMs - round * 60_000L + 50_000;
            int differing = round % 13 == 4 ? 25 : round % 7 == 2 ? 6 : round == 1 ? 3 : 0;
            for (int partition = 0; partition < partitions; partition++) {
                boolean differs = partition % 10 == 7 && partition < 10 * differing;
                for (String replica : REPLICAS) {
                    take(
                            differs
                                    ? different(replica, partition, cutMs)
                                    : report(replica, partition, cutMs, Outcome.EQUAL));
                }
            }
        }
        long lastMs = nowMs - 10_000;
        for (String replica : REPLICAS) {
            take(different(replica, 40, lastMs).setGuarded(Map.of("us", 400L)));
            take(different(replica, 41, lastMs).setNeedsPerson(Map.of("NO_WINNER", 2L)));
            take(report(replica, 42, lastMs, Outcome.EQUAL).setPaused(Map.of("us", nowMs - 600_000)));
            take(report(replica, 43, lastMs, Outcome.LAGGING)
                    .setWatermark(replica.equals("sa") ? nowMs - 900_000 : lastMs)
                    .setLagging(replica.equals("sa") ? List.of() : List.of("sa")));
        }
    }

    private RoundReport.Builder different(String replica, int partition, long cutMs) {
        return report(replica, partition, cutMs, Outcome.DIVERGENT)
                .setDivergences(Map.of("STALE", 2L, "MISSING", 1L, "CORRUPT", 1L))
                .setRepairs(replica.equals("eu") ? Map.of("us", 4L) : Map.of())
                .setVerified(replica.equals("us") ? 3 : 0)
                .setSegments(2)
                .setKeys(9)
                .setSample(List.of(
                        key("80".repeat(16), "tea".getBytes(StandardCharsets.UTF_8)),
                        key("40".repeat(16), new byte[] {(byte) 0xff, 0})));
    }

    static DivergentKey key(String hash, byte[] key) {
        return DivergentKey.newBuilder()
                .setKeyHash(hash)
                .setKey(ByteBuffer.wrap(key))
                .setTarget("us")
                .setKind("STALE")
                .setSupplier("eu")
                .setAction("emitted")
                .setReason(null)
                .setSince(null)
                .build();
    }

    /** The server, started. */
    HttpServer serve() {
        HttpServer server = new HttpServer(config.http(), new ArrayList<>(routes.values()));
        server.start();
        return server;
    }
}
