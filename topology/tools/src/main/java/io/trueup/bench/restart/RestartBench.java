package io.trueup.bench.restart;

import io.trueup.bench.Guarantee;
import io.trueup.bench.Machine;
import io.trueup.bench.process.BenchDataset;
import io.trueup.bench.process.ConsumedWrites;
import io.trueup.bench.process.JobProcess;
import io.trueup.bench.process.Milestone.Kind;
import io.trueup.bench.restart.RestartResult.Run;
import io.trueup.bench.restart.RestartResult.Table;
import io.trueup.broker.Directories;
import io.trueup.broker.EmbeddedBroker;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;

/**
 * Measures the time from the start of a process of the job until each partition has been compared, on a broker of its own. The process hosts one
 * replica; another process hosts its peer, and is not restarted. Both replicas hold the same keys.
 */
public final class RestartBench {

    private static final Duration PATIENCE = Duration.ofMinutes(30);
    /** For so long keys are updated before a process is killed. */
    private static final Duration UPDATES = Duration.ofSeconds(3);

    private final RestartLoad load;
    private final Consumer<String> progress;

    /** @param progress takes a line for each restart */
    public RestartBench(RestartLoad load, Consumer<String> progress) {
        this.load = load;
        this.progress = progress;
    }

    /** Runs the measurements, one guarantee after the other. */
    public RestartResult run() {
        Machine machine = Machine.current();
        try (EmbeddedBroker broker = EmbeddedBroker.start();
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            JobProcess.Place place = new JobProcess.Place(broker.bootstrapServers(), broker.directory(), load.heap());
            List<Table> tables = new ArrayList<>();
            for (Guarantee guarantee : load.guarantees()) {
                tables.add(new Restarts(place, admin, guarantee).measure());
            }
            return new RestartResult(machine, load, tables);
        }
    }

    /** The restarts under one guarantee. */
    private final class Restarts {

        private final JobProcess.Place place;
        private final Admin admin;
        private final Guarantee guarantee;
        private final BenchDataset dataset;
        private final Map<Restart, List<Run>> runs = new EnumMap<>(Restart.class);
        private JobProcess job;

        Restarts(JobProcess.Place place, Admin admin, Guarantee guarantee) {
            this.place = place;
            this.admin = admin;
            this.guarantee = guarantee;
            Map<String, String> settings = new HashMap<>();
            settings.put("streams.processing.guarantee", guarantee.label());
            settings.putAll(load.settings());
            dataset = BenchDataset.ofTwo(
                    "bench-restart-" + guarantee.label().replace('_', '-'),
                    load.partitions(),
                    load.interval(),
                    load.grace(),
                    settings);
        }

        Table measure() {
            dataset.createTopics(admin);
            try (JobProcess peer = JobProcess.start(place, dataset, List.of(BenchDataset.PEER), 0)) {
                job = JobProcess.start(place, dataset, List.of(BenchDataset.MEASURED), 0);
                job.await(Kind.COMPARED, PATIENCE);
                for (int run = 1; run <= load.runs(); run++) {
                    restart(Restart.EMPTY, run, 0);
                }
                fill(peer);
                for (int run = 1; run <= load.runs(); run++) {
                    for (Restart restart : Restart.values()) {
                        if (restart != Restart.EMPTY) {
                            restart(restart, run, load.filling().keys());
                        }
                    }
                }
                job.stop();
                return new Table(guarantee, runs);
            } finally {
                if (job != null) {
                    job.close();
                }
                dataset.removeTopics(admin);
                Directories.deleteQuietly(stateDir());
                Directories.deleteQuietly(place.stateDir(dataset, List.of(BenchDataset.PEER)));
            }
        }

        private void fill(JobProcess peer) {
            int keys = load.filling().keys();
            job.expect(keys);
            peer.expect(keys);
            load.filling().write(place.bootstrapServers(), dataset);
            awaitAllConsumed();
            peer.await(Kind.COMPARED, PATIENCE);
        }

        /** Both hold all keys, and nothing is left to be committed. */
        private void awaitAllConsumed() {
            new ConsumedWrites(admin, dataset).await(PATIENCE);
            job.await(Kind.COMPARED, PATIENCE);
        }

        private void restart(Restart restart, int number, int keys) {
            end(restart);
            job = JobProcess.start(place, dataset, List.of(BenchDataset.MEASURED), keys);
            Run run = new Run(
                    job.await(Kind.RUNNING, PATIENCE),
                    job.await(Kind.TREES, PATIENCE),
                    job.await(Kind.COMPARED, PATIENCE));
            runs.computeIfAbsent(restart, r -> new ArrayList<>()).add(run);
            progress.accept(String.format(
                    Locale.ROOT,
                    "%s, run %d of %d, %s: running after %.1f s, trees after %.1f s, compared after %.1f s; %d records restored, %d read",
                    guarantee.label(),
                    number,
                    load.runs(),
                    restart.label(),
                    run.running().ms() / 1e3,
                    run.trees().ms() / 1e3,
                    run.compared().ms() / 1e3,
                    run.compared().restored(),
                    run.compared().read()));
            awaitAllConsumed();
        }

        private void end(Restart restart) {
            switch (restart) {
                case EMPTY, CLEAN -> job.stop();
                case KILLED -> {
                    load.filling().update(place.bootstrapServers(), dataset, UPDATES);
                    job.kill();
                }
                case STATE_LOST -> {
                    job.stop();
                    Directories.deleteQuietly(stateDir());
                }
                case CHANGELOG_LOST -> {
                    job.stop();
                    Directories.deleteQuietly(stateDir());
                    dataset.removeChangelogs(admin);
                }
            }
        }

        private Path stateDir() {
            return place.stateDir(dataset, List.of(BenchDataset.MEASURED));
        }
    }
}
