package io.trueup.bench.scale;

import io.trueup.bench.Machine;
import io.trueup.bench.process.BenchDataset;
import io.trueup.bench.process.JobProcess;
import io.trueup.bench.process.MemoryFigures;
import io.trueup.bench.process.Milestone.Kind;
import io.trueup.bench.scale.ScaleLoad.Size;
import io.trueup.bench.scale.ScaleResult.Idle;
import io.trueup.bench.scale.ScaleResult.Measured;
import io.trueup.broker.Directories;
import io.trueup.broker.EmbeddedBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;
import org.apache.kafka.common.TopicPartition;

/**
 * Measures, for each size of a dataset, what a process takes that hosts all its replicas: until all partitions were compared, while nothing is
 * written, to stop, and to compare again after a restart. The replicas hold the same, on a broker of its own.
 */
public final class ScaleBench {

    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private final ScaleLoad load;
    private final Consumer<String> progress;

    /** @param progress takes a line for each size */
    public ScaleBench(ScaleLoad load, Consumer<String> progress) {
        this.load = load;
        this.progress = progress;
    }

    /** Measures one size after the other, each with a dataset of its own. */
    public ScaleResult run() {
        Machine machine = Machine.current();
        try (EmbeddedBroker broker = EmbeddedBroker.start();
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            JobProcess.Place place = new JobProcess.Place(broker.bootstrapServers(), broker.directory(), load.heap());
            List<Measured> measured = new ArrayList<>();
            for (Size size : load.sizes()) {
                Measured figures = measure(place, admin, size);
                progress.accept(String.format(
                        Locale.ROOT,
                        "%d keys in %d partitions of %d replicas: compared after %.1f s, idle with %.3f cores, stopped in %.1f s",
                        size.keys(),
                        size.partitions(),
                        load.replicas(),
                        figures.comparedMs() / 1e3,
                        figures.idle().cores(),
                        figures.stopMs() / 1e3));
                measured.add(figures);
            }
            return new ScaleResult(machine, load, measured);
        }
    }

    private Measured measure(JobProcess.Place place, Admin admin, Size size) {
        BenchDataset dataset = new BenchDataset(
                "bench-scale-" + size.keys() + "-" + size.partitions(),
                load.names(),
                size.partitions(),
                load.interval(),
                load.grace(),
                load.settings());
        dataset.createTopics(admin);
        try {
            load.filling(size).write(place.bootstrapServers(), dataset);
            try (JobProcess job = JobProcess.start(place, dataset, dataset.replicas(), size.keys())) {
                double comparedMs = job.await(Kind.COMPARED, PATIENCE).ms();
                Idle idle = watch(place, admin, dataset, job);
                MemoryFigures memory = job.memory(PATIENCE);
                double stopMs = stop(job);
                return new Measured(size, comparedMs, idle, memory, stopMs, restart(place, dataset, size));
            }
        } finally {
            dataset.removeTopics(admin);
            Directories.deleteQuietly(place.stateDir(dataset, dataset.replicas()));
        }
    }

    private Idle watch(JobProcess.Place place, Admin admin, BenchDataset dataset, JobProcess job) {
        pause(load.interval());
        Map<TopicPartition, Long> from = ControlTraffic.ends(admin, dataset.control(), dataset.partitions());
        long startNanos = System.nanoTime();
        Duration before = processorTime(job);
        pause(load.interval().multipliedBy(load.idleRounds()));
        double cores = (double) processorTime(job).minus(before).toNanos() / (System.nanoTime() - startNanos);
        Map<TopicPartition, Long> to = ControlTraffic.ends(admin, dataset.control(), dataset.partitions());
        ControlTraffic traffic = ControlTraffic.between(place.bootstrapServers(), from, to);
        double rounds = load.idleRounds();
        return new Idle(cores, traffic.messages() / rounds, traffic.bytes() / rounds);
    }

    private static Duration processorTime(JobProcess job) {
        return job.processorTime()
                .orElseThrow(() ->
                        new IllegalStateException("this system does not say what processor time a process takes"));
    }

    private static void pause(Duration time) {
        try {
            Thread.sleep(time.toMillis());
        } catch (InterruptedException e) {
            Thread.currentThread().interrupt();
            throw new IllegalStateException("interrupted", e);
        }
    }

    private static double stop(JobProcess job) {
        long startNanos = System.nanoTime();
        job.stop();
        return (System.nanoTime() - startNanos) / 1e6;
    }

    private static double restart(JobProcess.Place place, BenchDataset dataset, Size size) {
        try (JobProcess job = JobProcess.start(place, dataset, dataset.replicas(), size.keys())) {
            double comparedMs = job.await(Kind.COMPARED, PATIENCE).ms();
            job.stop();
            return comparedMs;
        }
    }
}
