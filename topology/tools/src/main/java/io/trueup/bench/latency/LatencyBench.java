package io.trueup.bench.latency;

import io.trueup.bench.Guarantee;
import io.trueup.bench.Machine;
import io.trueup.bench.latency.LatencyResult.Table;
import io.trueup.broker.Directories;
import io.trueup.broker.EmbeddedBroker;
import io.trueup.job.Job;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;

/**
 * Measures the time from the cut of a round to the repair of a write that one of two replicas has not received, and from the repair to
 * its verification, on a broker of its own. Both replicas hold some keys and receive a steady feed of updates; the benchmark
 * plays both datastores. In every round some writes of new keys are sent by one of the replicas only.
 */
public final class LatencyBench {

    /** Rounds with losses that do not count, for the compiler of the JVM. */
    static final int WARM_UP_ROUNDS = 3;

    private static final Duration PATIENCE = Duration.ofMinutes(2);

    private final LatencyLoad load;
    private final Consumer<String> progress;

    /** @param progress takes a line for each guarantee */
    public LatencyBench(LatencyLoad load, Consumer<String> progress) {
        this.load = load;
        this.progress = progress;
    }

    /** Runs the measurements, one guarantee after the other. */
    public LatencyResult run() {
        Machine machine = Machine.current();
        try (EmbeddedBroker broker = EmbeddedBroker.start();
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            List<Table> tables = new ArrayList<>();
            for (Guarantee guarantee : load.guarantees()) {
                progress.accept(guarantee.label() + ": about "
                        + (WARM_UP_ROUNDS + load.rounds() + 2) * load.interval().toMillis() / 1_000
                        + " s");
                tables.add(measure(broker, admin, guarantee));
            }
            return new LatencyResult(machine, load, tables);
        }
    }

    private Table measure(EmbeddedBroker broker, Admin admin, Guarantee guarantee) {
        String servers = broker.bootstrapServers();
        Dataset dataset = new Dataset("bench-" + guarantee.label().replace('_', '-'), load.partitions());
        dataset.createTopics(admin);
        Losses losses = new Losses(load);
        Path stateDir = broker.directory().resolve("state").resolve(dataset.name());
        try (WriteEvents writes = new WriteEvents(servers, load.format());
                Replicas replicas = new Replicas(servers, dataset, load.format(), writes, losses);
                Job job = new Job(dataset.config(servers, load, guarantee, stateDir))) {
            replicas.start();
            Traffic traffic = new Traffic(load, dataset, writes, losses);
            traffic.fill();
            job.start();
            Runnable check = () -> {
                writes.check();
                replicas.check();
                job.status().failure().ifPresent(reason -> {
                    throw new IllegalStateException("the job has stopped: " + reason);
                });
            };
            if (!traffic.writeUntil(() -> replicas.compared(2), PATIENCE, check)) {
                throw new IllegalStateException("within " + PATIENCE.toSeconds()
                        + " s not every partition of both replicas was compared in two rounds");
            }
            traffic.lose(WARM_UP_ROUNDS, false, check);
            traffic.lose(load.rounds(), true, check);
            boolean settled = traffic.writeUntil(losses::settled, PATIENCE, check);
            if (!settled) {
                progress.accept(guarantee.label() + ": not all losses were repaired and verified within "
                        + PATIENCE.toSeconds() + " s");
            }
            return new Table(guarantee, losses.counts(), losses.repaired());
        } finally {
            Directories.deleteQuietly(stateDir);
        }
    }
}
