package io.trueup.bench.ingest;

import io.trueup.bench.Answers;
import io.trueup.bench.Guarantee;
import io.trueup.bench.Machine;
import io.trueup.bench.ingest.IngestResult.Table;
import io.trueup.broker.Directories;
import io.trueup.broker.EmbeddedBroker;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;

/**
 * Measures how many write events a second the job takes in with one stream thread, next to peers that read the same topics in the same
 * run, in turns, on a broker of its own. Each run of a peer has an application id, a state directory and changelogs of its own,
 * which are removed after it. Before the first run each peer reads a tenth of the records once, for the compiler of the JVM.
 */
public final class IngestBench {

    /** The commit interval of all peers. */
    static final int COMMIT_INTERVAL_MS = 1_000;

    private static final int WARM_UP_SHARE = 10;

    private final IngestLoad load;
    private final Consumer<String> progress;
    private int runs;

    /** @param progress takes a line for each run */
    public IngestBench(IngestLoad load, Consumer<String> progress) {
        this.load = load;
        this.progress = progress;
    }

    /** Commit interval of all peers in milliseconds. */
    public static int commitIntervalMs() {
        return COMMIT_INTERVAL_MS;
    }

    /** Fills the topics and runs all measurements. */
    public IngestResult run() {
        Machine machine = Machine.current();
        try (EmbeddedBroker broker = EmbeddedBroker.start();
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            Input warmUp = fill(admin, broker, "warm-up", Math.max(1, load.records() / WARM_UP_SHARE));
            Input input = fill(admin, broker, "writes", load.records());
            Set<String> inputs = new HashSet<>(warmUp.topics());
            inputs.addAll(input.topics());
            List<Table> tables = new ArrayList<>();
            for (Guarantee guarantee : load.guarantees()) {
                for (Peer peer : Peer.values()) {
                    run(new Setting(admin, broker, warmUp, guarantee, inputs), peer);
                }
                tables.add(measure(new Setting(admin, broker, input, guarantee, inputs)));
            }
            return new IngestResult(machine, load, input.keysWritten(), tables);
        }
    }

    private Input fill(Admin admin, EmbeddedBroker broker, String name, int records) {
        return Input.fill(admin, broker.bootstrapServers(), "bench." + name, load, records);
    }

    private Table measure(Setting setting) {
        Map<Peer, List<IngestRun>> measured = new EnumMap<>(Peer.class);
        for (int run = 1; run <= load.runs(); run++) {
            for (Peer peer : Peer.values()) {
                IngestRun result = run(setting, peer);
                measured.computeIfAbsent(peer, p -> new ArrayList<>()).add(result);
                progress.accept(String.format(
                        Locale.ROOT,
                        "%s, run %d of %d, %s: %d records, processed after %.3f s, committed after %.3f s",
                        setting.guarantee().label(),
                        run,
                        load.runs(),
                        peer.label(),
                        result.records(),
                        result.processedNanos() / 1e9,
                        result.committedNanos() / 1e9));
            }
        }
        return new Table(setting.guarantee(), measured);
    }

    private IngestRun run(Setting setting, Peer peer) {
        runs++;
        String name = "bench-" + peer.name().toLowerCase(Locale.ROOT).replace('_', '-') + "-" + runs;
        Map<TopicPartition, Long> ends = setting.input().ends(peer.topics());
        if (peer == Peer.CONSUMER) {
            return ConsumerPeer.run(setting.broker().bootstrapServers(), name, ends);
        }
        Path stateDir = setting.broker().directory().resolve("state").resolve(name);
        try (Application application = application(setting, peer, name, stateDir)) {
            return new IngestWatch(setting.admin(), ends).run(application);
        } finally {
            Directories.deleteQuietly(stateDir);
            setting.removeTopics();
        }
    }

    private Application application(Setting setting, Peer peer, String name, Path stateDir) {
        String servers = setting.broker().bootstrapServers();
        List<String> topics = setting.input().topics();
        Guarantee guarantee = setting.guarantee();
        return switch (peer) {
            case CONSUMER -> throw new IllegalArgumentException("a consumer is no Streams application");
            case EMPTY ->
                new StreamsApplication(servers, name, StreamsApplication.empty(topics.get(0)), guarantee, stateDir);
            case JOIN ->
                new StreamsApplication(servers, name, StreamsApplication.outerJoin(topics), guarantee, stateDir);
            case JOB -> new JobApplication(servers, name, topics.get(0), guarantee, stateDir, jobSettings("rocksdb"));
            case JOB_IN_MEMORY ->
                new JobApplication(servers, name, topics.get(0), guarantee, stateDir, jobSettings("memory"));
        };
    }

    private Map<String, String> jobSettings(String store) {
        Map<String, String> settings = new HashMap<>(load.settings());
        settings.put("state.store", store);
        return settings;
    }

    /**
     * What a peer runs with.
     *
     * @param inputs all topics that are read again by later runs
     */
    private record Setting(Admin admin, EmbeddedBroker broker, Input input, Guarantee guarantee, Set<String> inputs) {

        /** Removes what the last run has written. */
        void removeTopics() {
            Set<String> written = new HashSet<>(Answers.of(admin.listTopics().names()));
            written.removeAll(inputs);
            Answers.of(admin.deleteTopics(written).all());
        }
    }
}
