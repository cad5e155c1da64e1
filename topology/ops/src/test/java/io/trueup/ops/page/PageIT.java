package io.trueup.ops.page;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import io.trueup.browser.TestBrowser;
import io.trueup.browser.TestBrowser.Shown;
import io.trueup.config.TrueupConfig;
import io.trueup.ops.OpenApiSchemas;
import io.trueup.ops.Reports;
import io.trueup.ops.api.CutsResource;
import io.trueup.ops.api.OpenApi;
import io.trueup.ops.api.PartitionsResource;
import io.trueup.ops.api.RoundsResource;
import io.trueup.ops.api.StatusResource;
import io.trueup.ops.http.Answer;
import io.trueup.ops.http.HttpServer;
import io.trueup.ops.http.Query;
import io.trueup.ops.http.Resource;
import io.trueup.ops.http.Route;
import io.trueup.ops.rounds.DatasetRounds;
import io.trueup.schema.DivergentKey;
import io.trueup.schema.Outcome;
import io.trueup.schema.RoundReport;
import java.net.URI;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The page in a real browser, with the JSON interface of a dataset whose reports the test makes. */
class PageIT {

    private static final List<String> REPLICAS = List.of("ap", "eu", "sa", "uk", "us");
    private static final int PARTITIONS = 256;
    private static final int SIZE = 500;
    private static final long RUN_MS = 5_000;

    private static final String HASH = "80".repeat(16);

    static final String PARTLY_READ = """
            {"key": "hex:ff00", "isText": false, "keyHex": "ff00", "partition": 7, "segment": 3, "time": "2026-01-01T00:00:00Z",
             "state": "UNKNOWN", "sentence": "What us holds is not known: no record that was read says it. eu holds version 2.",
             "winner": null, "because": null, "winnerHeldBy": [], "since": null, "sincePlace": null, "replicas": [
             {"replica": "eu", "holds": "VALUE", "version": "2", "position": "2026-01-01T00:00:00Z", "digest": "0a1b2c3d", "bytes": null,
              "expiry": "2027-01-01T00:00:00Z", "place": null, "knownFrom": "COMPARISON", "asOf": "2026-01-01T00:00:00Z"},
             {"replica": "us", "holds": "UNKNOWN", "version": null, "position": null, "digest": null, "bytes": null,
              "expiry": null, "place": null, "knownFrom": "NONE", "asOf": null}],
             "events": [{"time": "2026-01-01T00:00:00Z", "what": "HELD", "replica": "eu", "text": "version 2", "place": "c-7@50"}],
             "olderEvents": 5, "partial": true, "bounds": {"recordsPerPartition": 20000, "bytesPerPartition": 1, "events": 6, "seconds": 4},
             "read": [{"topic": "c", "partition": 7, "begin": 10, "from": 41, "end": 100, "whole": false, "unreadable": 2, "failure": null},
              {"topic": "w", "partition": 7, "begin": 0, "from": 0, "end": 0, "whole": false, "unreadable": 0, "failure": "grant it <Read>"}],
             "commands": ["trueup probe hex:ff00 -c FILE"]}""";

    @TempDir
    Path directory;

    private Resource keys = query -> Answer.problem(503, "Service Unavailable", "not in this test");

    private final long nowMs = System.currentTimeMillis();
    private final TrueupConfig config = TrueupConfig.of(Map.of(
            "bootstrap.servers", "localhost:1",
            "dataset", "products",
            "replicas", String.join(",", REPLICAS),
            "hash.secret", "0123456789abcdef0123456789abcdef",
            "http.listen", "127.0.0.1:0"));
    private final DatasetRounds rounds = new DatasetRounds(config, PARTITIONS, nowMs);
    private final AtomicInteger answersLeft = new AtomicInteger(Integer.MAX_VALUE);

    @Test
    void shouldShowAllReplicasOfAllPartitionsAndThatTheyAreEqual() throws Exception {
        reportAll(Outcome.EQUAL);

        Shown shown = open("/");

        assertThat(shown.dom()).contains("All 5 replicas are equal as of", "256 of 256 partitions");
        assertThat(count(shown, "aria-label=\"partition \\d+, ..: equal\"")).isEqualTo(PARTITIONS * REPLICAS.size());
        assertThat(shown.dom())
                .doesNotContain("What needs you", "Connection lost")
                .contains("<title>equal · products");
        assertNoComplaint(shown);
    }

    @Test
    void shouldShowAPartitionThatDiffersAndItsKeysAsTheyAre() throws Exception {
        reportAll(Outcome.EQUAL);
        for (String replica : REPLICAS) {
            take(report(replica, 7, nowMs - 20_000, Outcome.DIVERGENT)
                    .setDivergences(Map.of("STALE", 2L))
                    .setRepairs(replica.equals("eu") ? Map.of("us", 2L) : Map.of())
                    .setSample(List.of(
                            key("00ff", "<img src=x onerror=alert(1)>".getBytes(StandardCharsets.UTF_8)),
                            key("11ff", new byte[] {(byte) 0xff, 0}))));
        }

        Shown shown = open("/#/partitions/7");

        assertThat(shown.dom()).contains("Partition 7: different", "us differs in 2 keys in partition 7");
        assertThat(shown.dom())
                .contains("The reports list 2 of 2 differences")
                .contains("<th scope=\"row\">not reported</th>") // the hashes are none, so their segments are not known
                .contains("href=\"#/partitions/7/key/%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E\"")
                .contains("href=\"#/partitions/7/key/hex%3Aff00\"");
        assertThat(shown.dom()).contains("&lt;img src=x onerror=alert(1)&gt;", "hex:ff00");
        assertThat(count(shown, "aria-label=\"partition 7, us: repairing\"")).isEqualTo(1);
        assertThat(count(shown, "aria-label=\"partition 7, eu: different\"")).isEqualTo(1);
        assertNoComplaint(shown);
    }

    @Test
    void shouldShowTheSegmentsThatDifferedAndHowManyDifferencesAreNotReported() throws Exception {
        reportSegments();

        Shown shown = open("/#/partitions/7");

        String segment = Integer.toString(rounds.segment(HASH).orElseThrow());
        assertThat(shown.dom())
                .contains("The reports list 2 of 40 differences")
                .contains("In which segments the other 38 lie is not reported.")
                .contains("The entries of 12 segments were compared.")
                .contains("<a href=\"#/partitions/7/segments/" + segment + "\">Segment " + segment + "</a>");
        assertNoComplaint(shown);
    }

    @Test
    void shouldDrawTheDifferencesByKindOverTime() throws Exception {
        reportSegments();

        Shown shown = open("/");

        assertThat(shown.dom())
                .contains("At the last one: MISSING 10, STALE 30; 3 sent, 2 verified.")
                .containsPattern(
                        "u-label[^>]*>missing<.*u-label[^>]*>stale<.*u-label[^>]*>repairs sent<.*u-label[^>]*>verified<")
                .doesNotContain(">undeleted<");
        assertNoComplaint(shown);
    }

    @Test
    void shouldShowTheKeysOfOneSegmentAlone() throws Exception {
        reportSegments();

        Shown shown = open("/#/partitions/7/segments/" + rounds.segment(HASH).orElseThrow());

        assertThat(shown.dom())
                .contains("of partition 7</span>", "href=\"#/partitions/7/key/tea\"")
                .doesNotContain("coffee");
    }

    @Test
    void shouldSayThatNoKeyOfASegmentIsReported() throws Exception {
        reportSegments();

        assertThat(open("/#/partitions/7/segments/1").dom()).contains("names no key of this segment");
    }

    /** All partitions are equal at the latest cut, apart from one. */
    private void reportSegments() {
        reportAll(Outcome.EQUAL);
        for (int partition = 0; partition < PARTITIONS; partition++) {
            for (String replica : REPLICAS) {
                if (partition != 7) {
                    take(report(replica, partition, nowMs - 20_000, Outcome.EQUAL));
                }
            }
        }
        for (String replica : REPLICAS) {
            take(report(replica, 7, nowMs - 20_000, Outcome.DIVERGENT)
                    .setDivergences(Map.of("STALE", 30L, "MISSING", 10L))
                    .setRepairs(replica.equals("eu") ? Map.of("us", 3L) : Map.of())
                    .setVerified(replica.equals("us") ? 2 : 0)
                    .setSegments(12)
                    .setSample(List.of(
                            key(HASH, "tea".getBytes(StandardCharsets.UTF_8)),
                            key("4" + HASH.substring(1), "coffee".getBytes(StandardCharsets.UTF_8)))));
        }
    }

    @Test
    void shouldSayWhatIsNotKnownOfAKeyAndWhatWasNotRead() throws Exception {
        reportAll(Outcome.EQUAL);
        JsonNode document = new JsonMapper()
                .readTree(new OpenApi().get(new Query(Map.of(), "")).body());
        assertThat(OpenApiSchemas.errors(document, document.at("/components/schemas/Key"), PARTLY_READ))
                .isEmpty();
        keys = query -> new Answer(200, "application/json", PARTLY_READ.getBytes(StandardCharsets.UTF_8));

        Shown shown = open("/#/partitions/7/key/hex%3Aff00");

        assertThat(shown.dom())
                .contains("in hexadecimal: it is no printable text")
                .contains("unknown.</strong> What us holds is not known")
                .contains("Not all records were read: at most 20\u2009000 of each topic, within 4 s.")
                .contains(
                        "offsets 41 to 99; those from 10 on, which are older, were not read; 2 records cannot be read")
                .contains("not read: grant it &lt;Read&gt;")
                .contains("5 older events are left out.", "not read</code>", "trueup probe hex:ff00");
        assertNoComplaint(shown);
    }

    @Test
    void shouldSayThatAKeyCannotBeReadAndWhy() throws Exception {
        reportAll(Outcome.EQUAL);
        keys = query -> Answer.problem(503, "Service Unavailable", "the brokers do not answer <now>");

        assertThat(open("/#/key/tea").dom())
                .contains("The key could not be read. the brokers do not answer &lt;now&gt;", ">All partitions<");
    }

    @Test
    void shouldKeepWhatItHasShownAndSayThatTheConnectionIsLost() throws Exception {
        reportAll(Outcome.EQUAL);
        answersLeft.set(1);

        Shown shown = open("/");

        assertThat(shown.dom())
                .contains("Connection lost", "Unknown: connection lost. Before: All 5 replicas are equal as of")
                .contains("<title>unknown · products");
    }

    @Test
    void shouldShowWhichReplicaLagsAndWhichIsSilent() throws Exception {
        reportAll(Outcome.EQUAL);
        for (String replica : List.of("ap", "eu", "sa", "uk")) {
            take(report(replica, 3, nowMs - 20_000, Outcome.ALONE)
                    .setHeard(REPLICAS.stream()
                            .filter(other -> !other.equals(replica) && !other.equals("us"))
                            .toList())
                    .setSilent(List.of("us")));
        }
        take(report("us", 4, nowMs - 20_000, Outcome.LAGGING).setWatermark(nowMs - 500_000));
        for (String replica : List.of("ap", "eu", "sa", "uk")) {
            take(report(replica, 4, nowMs - 20_000, Outcome.LAGGING).setLagging(List.of("us")));
        }

        Shown shown = open("/");

        assertThat(count(shown, "aria-label=\"partition 4, us: lagging\"")).isEqualTo(1);
        assertThat(count(shown, "aria-label=\"partition 4, eu: lagging\"")).isZero();
        assertThat(shown.dom()).contains("partition 4, eu: unknown");
    }

    @Test
    void shouldSayWhyNothingIsKnownYet() throws Exception {
        answersLeft.set(0);

        Shown shown = open("/");

        assertThat(shown.dom())
                .contains("Unknown: the round reports were not read yet")
                .doesNotContain("are equal");
    }

    private Shown open(String path) throws Exception {
        List<Route> routes = new ArrayList<>(PageFile.routes());
        routes.add(Route.guarded(
                "/api/v1/status",
                new StatusResource(
                        () -> answersLeft.getAndDecrement() > 0
                                ? Optional.of(rounds.at(System.currentTimeMillis(), true))
                                : Optional.empty(),
                        config.http(),
                        replica -> true)));
        routes.add(Route.guarded(
                "/api/v1/partitions",
                new PartitionsResource(() -> Optional.of(rounds.at(System.currentTimeMillis(), true)))));
        routes.add(Route.guarded("/api/v1/cuts", new CutsResource(() -> Optional.of(rounds))));
        routes.add(Route.waiting("/api/v1/keys", query -> keys.get(query)));
        routes.add(Route.guarded("/api/v1/rounds", new RoundsResource(() -> Optional.of(rounds))));
        try (HttpServer server = new HttpServer(config.http(), routes)) {
            server.start();
            return TestBrowser.open(
                    URI.create(server.address() + path), Files.createDirectory(directory.resolve("browser")), RUN_MS);
        }
    }

    private void reportAll(Outcome outcome) {
        for (int partition = 0; partition < PARTITIONS; partition++) {
            for (String replica : REPLICAS) {
                take(report(replica, partition, nowMs - 60_000, outcome));
            }
        }
    }

    private void take(RoundReport.Builder report) {
        rounds.take(report.build(), SIZE, nowMs);
    }

    private static DivergentKey key(String hash, byte[] key) {
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

    private static RoundReport.Builder report(String replica, int partition, long cutMs, Outcome outcome) {
        return Reports.report("products", REPLICAS, replica, partition, cutMs, outcome);
    }

    private static int count(Shown shown, String pattern) {
        return (int) Pattern.compile(pattern).matcher(shown.dom()).results().count();
    }

    private static void assertNoComplaint(Shown shown) {
        assertThat(shown.log())
                .doesNotContain("Refused to", "Uncaught", "violates the following Content Security Policy");
    }
}
