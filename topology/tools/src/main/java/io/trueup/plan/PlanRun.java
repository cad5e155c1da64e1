package io.trueup.plan;

import io.trueup.avro.RecordCodecs;
import io.trueup.config.TrueupConfig;
import io.trueup.reconcile.settings.Settings;
import io.trueup.topic.ProgressCounter;
import io.trueup.topic.StoppedException;
import io.trueup.tree.KeyedHash;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/**
 * Sends the repairs of a plan: {@link #check} takes each line first, then {@link #run} takes each once more. It reads back what the lines
 * name, sends the repairs whose write events still say what the plan says, and awaits the answers of the targets. The memory that it
 * needs does not depend on the number of lines: values are those of a batch, and a bounded number of repairs waits for answers.
 *
 * <p>Repairs are conditional and idempotent: a run that ends at any point can be repeated.
 *
 * <p>Used by one thread, except {@link #stop}.
 */
public final class PlanRun implements AutoCloseable {

    private static final int BATCH_LINES = 256;
    private static final int MAX_AWAITED = 20_000;
    private static final Duration POLL = Duration.ofMillis(100);

    private final TrueupConfig config;
    private final RecordCodecs codecs;
    private final Bounds bounds;
    private final Listener listener;
    private final ProgressCounter progress = new ProgressCounter();
    private final PlanCheck check;
    private final EventReader events;
    private final RepairMaker maker;
    private final AwaitedAnswers awaited;

    private RepairSender sender;
    private AnswerReader answers;
    private long nextSendNanos = System.nanoTime();

    /**
     * How a plan is run.
     *
     * @param perSecond most repairs per second
     * @param patience how long the answers are awaited after the last repair was sent
     * @param dryRun whether everything is done but sending
     */
    public record Bounds(double perSecond, Duration patience, boolean dryRun) {}

    /** Receives the outcome of each line, once. */
    @FunctionalInterface
    public interface Listener {

        /**
         * What became of a line is known.
         *
         * @param repairId id of the repair; null if none was made
         */
        void settled(PlanLine line, String repairId, Outcome outcome);
    }

    /** Opens no connections yet. */
    public PlanRun(TrueupConfig config, RecordCodecs codecs, PlanHeader header, Bounds bounds, Listener listener) {
        this.config = config;
        this.codecs = codecs;
        this.bounds = bounds;
        this.listener = listener;
        Settings settings = config.settings(config.replicas().get(0));
        KeyedHash hash = new KeyedHash(settings.secret());
        check = new PlanCheck(config);
        events = new EventReader(config, codecs, hash, progress);
        maker = new RepairMaker(config, hash, header.momentMs());
        awaited = new AwaitedAnswers(settings);
    }

    /**
     * Checks a line against the configuration.
     *
     * @throws UnusablePlanException if it does not fit
     */
    public void check(PlanLine line) {
        check.add(line);
    }

    /** How many lines were checked. */
    public long lines() {
        return check.lines();
    }

    /** Ends the run soon. What was sent is reported. May be called by any thread. */
    public void stop() {
        progress.stop();
    }

    /** Whether the run was stopped. */
    public boolean isStopped() {
        return progress.isStopped();
    }

    /**
     * Sends the repairs of the lines that were checked, and awaits the answers. If this fails, what was sent before is reported all the
     * same.
     *
     * @throws UnusablePlanException if a line is for a partition that does not exist
     * @throws SendFailedException if the brokers do not take repair events
     * @throws io.trueup.topic.TopicInspector.InspectionFailedException if a topic is missing or may not be read
     * @throws io.trueup.topic.ReadFailedException if write events cannot be read
     */
    public void run(Iterator<PlanLine> lines) {
        if (lines() == 0) {
            return;
        }
        try {
            prepare();
            sendAll(lines);
            awaitAnswers();
        } catch (StoppedException e) {
            // the command reports what was done
        } finally {
            awaited.giveUpAll().forEach(this::settled);
        }
    }

    private void prepare() {
        sender = new RepairSender(config, codecs);
        for (String target : check.partitions().keySet()) {
            String topic = config.replica(target).repairsTopic();
            check.requirePartitions(topic, sender.prepare(target, events));
        }
        for (String name : config.replicas()) {
            String topic = config.replica(name).writesTopic();
            if (check.topics().contains(topic)) {
                check.requirePartitions(topic, events.partitions(topic));
            }
        }
        if (!bounds.dryRun()) {
            answers = new AnswerReader(config, events, check.partitions());
        }
    }

    private void sendAll(Iterator<PlanLine> lines) {
        Deque<PlanLine> waiting = new ArrayDeque<>();
        while (!isStopped() && (lines.hasNext() || !waiting.isEmpty())) {
            while (waiting.size() < BATCH_LINES && lines.hasNext()) {
                waiting.add(lines.next());
            }
            sendBatch(waiting);
            awaitRoom();
        }
    }

    /** Sends the repairs of the lines, and leaves those whose values had no room. */
    private void sendBatch(Deque<PlanLine> lines) {
        Map<EventPlace, Boolean> places = new HashMap<>();
        for (PlanLine line : lines) {
            PlannedRepair repair = line.repair();
            places.put(EventPlace.ofWinner(repair), !repair.winner().deleted());
            repair.observed().ifPresent(observed -> places.putIfAbsent(EventPlace.ofObserved(repair, observed), false));
        }
        Map<EventPlace, EventReader.ReadBack> found = events.read(places);
        List<PlanLine> batch = new ArrayList<>(lines);
        lines.clear();
        try {
            for (PlanLine line : batch) {
                if (isStopped()) {
                    return;
                }
                if (found.containsKey(EventPlace.ofWinner(line.repair()))) {
                    take(line, found);
                } else {
                    lines.add(line);
                }
            }
        } finally {
            sender.flush();
        }
    }

    private void take(PlanLine line, Map<EventPlace, EventReader.ReadBack> found) {
        RepairMaker.Made made = maker.make(line.repair(), found, System.currentTimeMillis());
        if (made.repair() == null) {
            listener.settled(line, null, new Outcome.NotSent(made.refusal()));
            return;
        }
        String id = made.repair().id();
        RepairSender.Encoded encoded =
                sender.encode(made.repair(), line.repair().partition(), made.value());
        Optional<PlanLine> same = awaited.awaiting(made.repair());
        if (encoded.record() == null) {
            listener.settled(line, id, new Outcome.NotSent(encoded.refusal()));
        } else if (same.isPresent()) {
            String reason = "line " + same.get().number() + " is for the same key and target";
            listener.settled(line, id, new Outcome.NotSent(reason));
        } else if (bounds.dryRun()) {
            listener.settled(line, id, new Outcome.Sendable());
        } else {
            awaitTurn();
            sender.send(encoded.record(), () -> {
                awaited.withdraw(made.repair());
                listener.settled(line, id, new Outcome.NotSent("the brokers have not acknowledged it"));
            });
            awaited.sent(line, made.repair(), made.digest(), System.nanoTime());
        }
    }

    /** Waits as long as the rate requires. */
    private void awaitTurn() {
        for (long left = nextSendNanos - System.nanoTime(); left > 0; left = nextSendNanos - System.nanoTime()) {
            if (isStopped()) {
                throw new StoppedException();
            }
            poll(Duration.ofNanos(Math.min(left, POLL.toNanos())));
        }
        long eachNanos = Math.round(TimeUnit.SECONDS.toNanos(1) / bounds.perSecond());
        nextSendNanos = Math.max(nextSendNanos, System.nanoTime() - POLL.toNanos()) + eachNanos;
    }

    /** Takes the answers that are there, and waits for more where too many repairs wait for theirs. */
    private void awaitRoom() {
        if (bounds.dryRun()) {
            return;
        }
        poll(Duration.ZERO);
        while (awaited.size() >= MAX_AWAITED && !isStopped()) {
            poll(POLL);
            if (System.nanoTime() - awaited.oldestNanos().orElse(System.nanoTime())
                    > bounds.patience().toNanos()) {
                settled(awaited.giveUpOldest());
            }
        }
    }

    private void awaitAnswers() {
        long endNanos = System.nanoTime() + bounds.patience().toNanos();
        while (awaited.size() > 0 && !isStopped() && System.nanoTime() < endNanos) {
            poll(POLL);
        }
    }

    private void poll(Duration wait) {
        answers.poll(wait, (target, event) -> awaited.written(target, event).ifPresent(this::settled));
    }

    private void settled(AwaitedAnswers.Answered answered) {
        listener.settled(answered.line(), answered.id(), answered.outcome());
    }

    @Override
    public void close() {
        if (answers != null) {
            answers.close();
        }
        if (sender != null) {
            sender.close();
        }
        events.close();
    }
}
