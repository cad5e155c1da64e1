package io.trueup.audit;

import io.trueup.audit.checkpoint.Checkpoint;
import io.trueup.audit.checkpoint.ComparedPartition;
import io.trueup.audit.result.AuditResult;
import io.trueup.audit.result.DivergentKey;
import io.trueup.avro.RegistryUnavailableException;
import io.trueup.topic.BrokerRefusal;
import io.trueup.topic.ProgressCounter;
import io.trueup.topic.ReadFailedException;
import io.trueup.topic.StoppedException;
import io.trueup.topic.TopicInspector;
import io.trueup.topic.TopicReader;
import io.trueup.tree.Hash128;
import io.trueup.tree.KeyedHash;
import java.io.IOException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.BiFunction;
import org.apache.kafka.common.KafkaException;

/**
 * Reads the writes topics of all replicas once, and decides whether the replicas hold the same. If they differ, it reads the
 * divergent keys once more and describes what each replica holds, and since when they differ. An audit is run once, by
 * one thread; {@link #progress} and {@link #stop} may be called from other threads.
 */
public final class Audit {

    private static final String CLIENT_ID = "trueup-audit";

    private final AuditRequest request;
    private final ProgressCounter progress = new ProgressCounter();
    private final Caveats caveats = new Caveats();
    private final AuditPlan plan;
    private final Optional<AskedKeys> asked;
    private final BiFunction<String, ProgressCounter, TopicReader> readers;
    private final Findings findings;
    private final Optional<Resumption> resumption;
    private boolean isStopped;
    private boolean isComplete;

    public Audit(AuditRequest request) {
        this(
                request,
                (clientId, progress) ->
                        new TopicReader(clientId, progress, request.bounds().patience()));
    }

    /** @param readers opens a reader with the client id of its consumers, for each thread */
    Audit(AuditRequest request, BiFunction<String, ProgressCounter, TopicReader> readers) {
        this.request = request;
        this.readers = readers;
        asked = request.keys().map(keys -> new AskedKeys(keys, hash()));
        plan = new AuditPlan(request, caveats);
        findings = new Findings(request.bounds());
        resumption = request.checkpoint().map(checkpoint -> new Resumption(checkpoint, request));
    }

    /**
     * Progress of an audit.
     *
     * @param passed offsets read
     * @param expected offsets to be read, as far as is known
     * @param records records read
     */
    public record Progress(long passed, long expected, long records) {}

    public Progress progress() {
        return new Progress(progress.passed(), progress.expected(), progress.records());
    }

    /** Ends the audit soon, with what is known so far. */
    public void stop() {
        progress.stop();
    }

    /**
     * Runs the audit. A failure is a doubt in the result, not an exception.
     *
     * @throws Checkpoint.OtherAuditException if the checkpoint belongs to another audit
     */
    public AuditResult run() {
        long startNanos = System.nanoTime();
        long nowMs = System.currentTimeMillis();
        RecordBound bound = bound(nowMs);
        List<Integer> partitions = List.of();
        try (TopicInspector inspector =
                new TopicInspector(CLIENT_ID, progress, request.bounds().patience())) {
            partitions = plan.inspect(inspector);
            if (!partitions.isEmpty()) {
                resumption.ifPresent(earlier -> takeOver(earlier, nowMs));
                readAll(partitions, bound);
            }
            if (!findings.divergent().isEmpty()) {
                addRepairs(inspector, bound);
            }
        } catch (StoppedException e) {
            isStopped = true; // becomes a doubt below
        } finally {
            resumption.ifPresent(notes -> notes.save(caveats));
        }
        isComplete =
                !partitions.isEmpty() && !isPartial() && findings.compared().containsAll(partitions);
        doubtUnknownKeys();
        doubtLateTopics();
        doubtUnexaminedKeys();
        doubtUnread(partitions);
        return result(bound, System.nanoTime() - startNanos);
    }

    /**
     * Removes the checkpoint if every partition was compared: to be called once the result was written.
     *
     * @throws IOException if it cannot be removed
     */
    public void removeCheckpoint() throws IOException {
        if (isComplete && resumption.isPresent()) {
            resumption.get().remove();
        }
    }

    private void takeOver(Resumption earlier, long nowMs) {
        Set<Hash128> seen = earlier.takeOver(plan, fingerprint(), nowMs, findings, caveats);
        asked.ifPresent(keys -> keys.addSeen(seen));
    }

    /** Equal are only replicas of which every partition was compared to its end. */
    private void doubtUnread(List<Integer> partitions) {
        Set<Integer> compared = findings.compared();
        String which = compared.isEmpty() ? "." : ": " + compared + ".";
        String goOn = resumption.map(notes -> " " + notes.advice()).orElse("");
        if (isPartial()) {
            caveats.doubt("The audit was stopped: " + compared.size() + " of " + partitions.size()
                    + " partitions are compared" + which + goOn);
        } else if (!compared.containsAll(partitions)) {
            caveats.doubt(
                    "Only " + compared.size() + " of " + partitions.size() + " partitions are compared" + which + goOn);
        }
    }

    /** Whether it was stopped, or its thread was interrupted. */
    private boolean isPartial() {
        return isStopped || progress.isStopped();
    }

    /** If no replica holds any of the keys asked for, that proves nothing about the replicas: the keys may be misspelled. */
    private void doubtUnknownKeys() {
        asked.filter(keys -> keys.neverWritten().size() == keys.count())
                .ifPresent(keys -> caveats.doubt("None of the " + keys.count()
                        + " keys asked for was ever written, as far as the topics show. Check the file of --keys-from: one key"
                        + " a line, without blanks, or hex: and hexadecimal digits."));
    }

    /** A topic whose records are all later may not have existed at the moment in question. */
    private void doubtLateTopics() {
        findings.allLater()
                .forEach(replica -> caveats.doubt("All records read of " + topic(replica)
                        + " are later than the moment asked for: what " + replica
                        + " held before its topic began is not known."));
    }

    /** Only a described key is known to be in flight or not. One that differs is enough to know that the replicas do. */
    private void doubtUnexaminedKeys() {
        if (!isPartial() && findings.lastingKeys() == 0 && findings.unexaminedKeys() > 0) {
            caveats.doubt("Of " + (findings.unexaminedKeys() + findings.inFlightKeys()) + " keys that differ, "
                    + findings.inFlightKeys()
                    + " were examined, which differ by writes in flight; the others may do so or not. Raise --limit, or count"
                    + " all of them with --settle 0s.");
        }
    }

    private String topic(String name) {
        return request.replicas().stream()
                .filter(replica -> replica.name().equals(name))
                .map(AuditedReplica::topic)
                .findFirst()
                .orElse(name);
    }

    private RecordBound bound(long nowMs) {
        long settleMs = request.settle().toMillis();
        RecordBound all = new RecordBound(nowMs, Long.MAX_VALUE, settleMs);
        return request.at().accept(new AuditPoint.Visitor<>() {
            @Override
            public RecordBound latest(AuditPoint.Latest latest) {
                return all;
            }

            @Override
            public RecordBound time(AuditPoint.Time time) {
                return new RecordBound(time.ms(), time.ms(), settleMs);
            }

            @Override
            public RecordBound offsets(AuditPoint.Offsets offsets) {
                return all;
            }
        });
    }

    private void readAll(List<Integer> partitions, RecordBound bound) {
        List<Integer> unread = partitions.stream()
                .filter(partition -> !findings.compared().contains(partition))
                .toList();
        Map<Integer, Caveats> doubts = new TreeMap<>();
        Map<Integer, List<ReplicaSource>> sources = new TreeMap<>();
        for (int partition : unread) {
            doubts.put(partition, new Caveats());
            sources.put(partition, plan.sources(partition, doubts.get(partition)));
        }
        sources.values().stream().flatMap(List::stream).forEach(source -> progress.expect(source.length()));
        Queue<Integer> waiting = new ConcurrentLinkedQueue<>(unread);
        int threads = Math.max(1, Math.min(request.bounds().threads(), unread.size()));
        ExecutorService workers = Executors.newFixedThreadPool(threads, Audit::daemon);
        try {
            List<Future<?>> ends = new ArrayList<>();
            for (int i = 0; i < threads; i++) {
                String clientId = CLIENT_ID + "-" + i;
                ends.add(workers.submit(() -> work(clientId, waiting, sources, doubts, bound, threads)));
            }
            await(ends);
        } finally {
            workers.shutdownNow();
            doubts.values().forEach(caveats::addAll);
        }
    }

    /** After an interrupt too, all workers end before the result is taken. */
    private void await(List<Future<?>> ends) {
        boolean interrupted = false;
        for (Future<?> end : ends) {
            interrupted |= awaitStoppingIfInterrupted(end);
        }
        if (interrupted) {
            Thread.currentThread().interrupt();
            throw new StoppedException();
        }
    }

    private boolean awaitStoppingIfInterrupted(Future<?> end) {
        boolean interrupted = false;
        while (true) {
            try {
                end.get();
                return interrupted;
            } catch (InterruptedException e) {
                interrupted = true;
                progress.stop();
            } catch (ExecutionException e) {
                if (e.getCause() instanceof StoppedException) {
                    return interrupted;
                }
                throw new IllegalStateException(e.getCause());
            }
        }
    }

    private void work(
            String clientId,
            Queue<Integer> waiting,
            Map<Integer, List<ReplicaSource>> sources,
            Map<Integer, Caveats> doubts,
            RecordBound bound,
            int threads) {
        long memoryBytes = request.bounds().memoryBytes() / threads;
        try (TopicReader reader = readers.apply(clientId, progress)) {
            for (Integer partition = waiting.poll(); partition != null; partition = waiting.poll()) {
                Caveats found = doubts.get(partition);
                try {
                    audit(partition, sources.get(partition), bound, reader, memoryBytes, found);
                } catch (PartitionReading.EndNotReachedException e) {
                    // is a doubt already
                } catch (ReadFailedException e) {
                    found.doubt(e.getMessage());
                } catch (RegistryUnavailableException e) {
                    found.doubt("Partition " + partition
                            + " was not read to its end, because records of it cannot be decoded: " + e.getMessage()
                            + ". Audit again when the schema registry answers.");
                } catch (KafkaException e) {
                    found.doubt(BrokerRefusal.describe(
                            "partition " + partition,
                            sources.get(partition).get(0).replica().cluster(),
                            e));
                }
            }
        } catch (StoppedException e) {
            // becomes a doubt in the end
        }
    }

    private void audit(
            int partition,
            List<ReplicaSource> sources,
            RecordBound bound,
            TopicReader reader,
            long memoryBytes,
            Caveats found) {
        PartitionAudit audit = new PartitionAudit(
                sources,
                partition,
                request.settings(),
                request.codecs(),
                bound,
                asked.map(AskedKeys::seen).orElse(key -> true),
                request.values(),
                memoryBytes,
                request.bounds().limit(),
                reader,
                progress::expect,
                found);
        audit.compare();
        boolean roots = request.keys().isEmpty();
        findings.add(audit, roots);
        Findings.Examined examined = findings.new Examined();
        List<Hash128> keys = audit.divergent();
        audit.describe(keys.subList(0, findings.reserve(keys.size())), examined);
        findings.finish(partition);
        if (found.doubts().isEmpty()) {
            resumption.ifPresent(notes -> notes.note(
                    new ComparedPartition(
                            partition,
                            bound.atMs(),
                            audit.summaries(roots),
                            audit.allLater(),
                            audit.divergentKeys(),
                            examined.lasting(),
                            examined.inFlight(),
                            examined.listed(),
                            found.notes()),
                    asked.map(AskedKeys::hashesSeen).orElse(Set.of())));
        }
    }

    private KeyedHash hash() {
        return new KeyedHash(request.settings().secret());
    }

    private void addRepairs(TopicInspector inspector, RecordBound bound) {
        if (request.replicas().stream()
                .allMatch(replica -> replica.repairsTopic().isEmpty())) {
            caveats.note("Repair events were not looked for: no repairs topic is given (--repairs, --config).");
            return;
        }
        new RepairSearch(request, inspector, progress).find(findings.divergent(), bound);
    }

    private AuditResult result(RecordBound bound, long nanos) {
        List<DivergentKey> divergent = findings.divergent();
        long counted = findings.divergentKeys();
        if (counted > divergent.size()) {
            caveats.note(divergent.size() + " listed of " + counted
                    + " keys that differ: the others are only counted."
                    + (isPartial()
                            ? ""
                            : findings.isFull() ? " Raise --memory to list more." : " Raise --limit to list more.")
                    + (findings.unexaminedKeys() == 0 || request.settle().isZero()
                            ? ""
                            : " Of " + findings.unexaminedKeys() + " it is not known whether they are in flight."));
        }
        return new AuditResult(
                formats(),
                new AuditResult.Moment(words(), bound.atMs(), request.settle()),
                isPartial(),
                caveats.doubts(),
                caveats.notes(),
                findings.summaries(),
                counted,
                findings.inFlightKeys(),
                List.copyOf(divergent),
                asked.map(AskedKeys::neverWritten).orElse(List.of()),
                fingerprint(),
                findings.effort(progress, nanos));
    }

    private SortedMap<String, String> formats() {
        SortedMap<String, String> formats = new TreeMap<>();
        request.replicas().forEach(replica -> formats.put(replica.name(), replica.format()));
        return formats;
    }

    private String words() {
        return request.at().accept(new AuditPoint.Visitor<>() {
            @Override
            public String latest(AuditPoint.Latest latest) {
                return "latest";
            }

            @Override
            public String time(AuditPoint.Time time) {
                return "as of " + Instant.ofEpochMilli(time.ms());
            }

            @Override
            public String offsets(AuditPoint.Offsets offsets) {
                return "at the offsets given";
            }
        });
    }

    private String fingerprint() {
        return hash().text("trueup audit roots 2\nsegments "
                        + request.settings().shape().segmentBits() + "\ncompare values "
                        + request.settings().rules().compareValues())
                .toString()
                .substring(0, 16);
    }

    private static Thread daemon(Runnable task) {
        Thread thread = new Thread(task, CLIENT_ID);
        thread.setDaemon(true);
        return thread;
    }
}
