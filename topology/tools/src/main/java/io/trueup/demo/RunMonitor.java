package io.trueup.demo;

import io.trueup.demo.cluster.Cluster;
import io.trueup.demo.cluster.JobOutput;
import io.trueup.demo.cluster.JobOutput.Snapshot;
import io.trueup.demo.console.Screen;
import io.trueup.demo.fault.FaultInjector;
import io.trueup.demo.fault.FaultTracker;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.BooleanSupplier;

/** Waits for conditions of a run, fails early if something that should run does not, and shows progress. Not thread-safe. */
final class RunMonitor {

    private final DemoOptions options;
    private final Screen screen;
    private final Clock clock;
    private final Deadline deadline;
    private final JobOutput output;
    private final FaultInjector injector;
    private final FaultTracker tracker;
    private final Map<String, String> notes;
    private final List<Runnable> checks = new ArrayList<>();
    private int plannedFaults;

    /** @param notes remarks about replicas, by replica; may change during the run */
    RunMonitor(
            DemoOptions options,
            Screen screen,
            Clock clock,
            Cluster cluster,
            JobOutput output,
            FaultInjector injector,
            Map<String, String> notes) {
        this.options = options;
        this.screen = screen;
        this.clock = clock;
        this.deadline = new Deadline(options.times().timeout());
        this.output = output;
        this.injector = injector;
        this.tracker = new FaultTracker(cluster.datastores());
        this.notes = notes;
        checks.add(cluster::check);
    }

    /** Time since the start of the run. */
    long elapsedMs() {
        return deadline.elapsedMs();
    }

    /** Which injected faults are still there. */
    FaultTracker tracker() {
        return tracker;
    }

    /** Adds a check that throws an exception if a part of the run has failed. */
    void addCheck(Runnable check) {
        checks.add(check);
    }

    /** Sets the number of faults that progress shows as planned. */
    void plan(int faults) {
        plannedFaults = faults;
    }

    /**
     * Waits until a condition holds.
     *
     * @param what the condition in words; the error message continues "waiting until" with it
     */
    void await(String what, BooleanSupplier condition) {
        deadline.await(what, () -> {
            checks.forEach(Runnable::run);
            return condition.getAsBoolean();
        });
    }

    /** Reads the rows of all faults, and shows progress. */
    Snapshot checkFaults() {
        tracker.check(injector.happened(), clock.millis());
        return show();
    }

    /** Shows progress. Returns what the job has written so far. */
    Snapshot show() {
        Snapshot seen = output.snapshot();
        Progress progress = progress(seen);
        screen.progress(progress.panel(), progress.line());
        return seen;
    }

    /** A table of the replicas as of now. */
    List<String> replicaTable() {
        return progress(output.snapshot()).table();
    }

    private Progress progress(Snapshot seen) {
        return new Progress(
                deadline.elapsedMs(),
                plannedFaults,
                Progress.lines(options.replicaNames(), injector.happened(), tracker.open(), seen, notes),
                seen);
    }
}
