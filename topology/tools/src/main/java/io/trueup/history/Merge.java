package io.trueup.history;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;

/**
 * Merges lanes, such as partitions, in order of time: passes on the earliest head once every open lane has one. A lane
 * keeps its own order: elements that are out of order within it stay so. Elements wait until the slowest lane has passed their
 * time, so the caller must pause a lane that {@link #isFull}. Not thread-safe.
 *
 * @param <E> type of the elements
 */
final class Merge<E> {

    /** Elements that wait in one lane before it is full. */
    static final int LANE_CAPACITY = 256;

    private record Timed<E>(E element, long timeMs) {}

    private static final class Lane<E> {
        private final Queue<Timed<E>> waiting = new ArrayDeque<>();
        private boolean open = true;
    }

    private final List<Lane<E>> lanes = new ArrayList<>();

    Merge(int lanes) {
        for (int lane = 0; lane < lanes; lane++) {
            this.lanes.add(new Lane<>());
        }
    }

    void add(int lane, E element, long timeMs) {
        lanes.get(lane).waiting.add(new Timed<>(element, timeMs));
    }

    /** Nothing more will be added to a lane. */
    void close(int lane) {
        lanes.get(lane).open = false;
    }

    boolean isOpen(int lane) {
        return lanes.get(lane).open;
    }

    boolean isFull(int lane) {
        return lanes.get(lane).waiting.size() >= LANE_CAPACITY;
    }

    /** Passes on the elements that are earlier than every element still to come. */
    void drain(Consumer<E> sink) {
        while (lanes.stream().noneMatch(lane -> lane.open && lane.waiting.isEmpty())) {
            Lane<E> earliest = lanes.stream()
                    .filter(lane -> !lane.waiting.isEmpty())
                    .min(Comparator.comparingLong(lane -> lane.waiting.element().timeMs()))
                    .orElse(null);
            if (earliest == null) {
                return;
            }
            sink.accept(earliest.waiting.remove().element());
        }
    }
}
