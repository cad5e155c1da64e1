package io.trueup.bench.memory;

import io.trueup.bench.Machine;
import io.trueup.bench.memory.MemoryResult.Run;
import io.trueup.bench.process.BenchDataset;
import io.trueup.bench.process.ConsumedWrites;
import io.trueup.bench.process.JobProcess;
import io.trueup.bench.process.MemoryFigures;
import io.trueup.bench.process.Milestone.Kind;
import io.trueup.broker.Directories;
import io.trueup.broker.EmbeddedBroker;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import org.apache.kafka.clients.admin.Admin;

/**
 * Measures the memory that a process of the job takes for each key, on a broker of its own: without keys, when it has consumed a write event of
 * each key, and after a restart. The process hosts one replica; nobody hosts the other one, so its rounds compare with nobody.
 */
public final class MemoryBench {

    private static final Duration PATIENCE = Duration.ofMinutes(30);

    private final MemoryLoad load;
    private final Consumer<String> progress;

    /** @param progress takes a line for each step */
    public MemoryBench(MemoryLoad load, Consumer<String> progress) {
        this.load = load;
        this.progress = progress;
    }

    /** Runs the measurements, each with a dataset of its own. */
    public MemoryResult run() {
        Machine machine = Machine.current();
        try (EmbeddedBroker broker = EmbeddedBroker.start();
                Admin admin = Admin.create(Map.of("bootstrap.servers", broker.bootstrapServers()))) {
            JobProcess.Place place = new JobProcess.Place(broker.bootstrapServers(), broker.directory(), load.heap());
            List<Run> runs = new ArrayList<>();
            for (int run = 1; run <= load.runs(); run++) {
                progress.accept("run " + run + " of " + load.runs());
                runs.add(measure(place, admin, dataset(run)));
            }
            return new MemoryResult(machine, load, runs);
        }
    }

    private BenchDataset dataset(int run) {
        return BenchDataset.ofTwo(
                "bench-memory-" + run, load.partitions(), load.interval(), load.grace(), load.settings());
    }

    private Run measure(JobProcess.Place place, Admin admin, BenchDataset dataset) {
        int keys = load.filling().keys();
        dataset.createTopics(admin);
        try {
            MemoryFigures without;
            MemoryFigures afterWrites;
            try (JobProcess job = start(place, dataset, 0)) {
                job.await(Kind.SEALED, PATIENCE);
                without = job.memory(PATIENCE);
                job.expect(keys);
                load.filling().write(place.bootstrapServers(), dataset);
                new ConsumedWrites(admin, dataset).await(PATIENCE);
                job.await(Kind.SEALED, PATIENCE);
                afterWrites = job.memory(PATIENCE);
                job.stop();
            }
            try (JobProcess job = start(place, dataset, keys)) {
                job.await(Kind.SEALED, PATIENCE);
                MemoryFigures afterRestart = job.memory(PATIENCE);
                job.stop();
                return new Run(without, afterWrites, afterRestart);
            }
        } finally {
            dataset.removeTopics(admin);
            Directories.deleteQuietly(place.stateDir(dataset, List.of(BenchDataset.MEASURED)));
        }
    }

    private static JobProcess start(JobProcess.Place place, BenchDataset dataset, long keys) {
        return JobProcess.start(place, dataset, List.of(BenchDataset.MEASURED), keys);
    }
}
