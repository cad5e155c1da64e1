package io.trueup.repair;

import io.trueup.repair.ReadResult.Outcome;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.TreeMap;

/**
 * Requests that wait to be read, by partition and offset, and results that wait to be polled. It holds everything that the
 * reading thread and its callers share, and it alone enforces the limits. Thread-safe; only {@link #awaitWork} and
 * {@link #pause} block.
 */
final class ReadQueue<T> {

    /** A request from offer to poll. */
    private static final class Slot<T> {
        final ReadRequest<T> request;
        long deadlineMs;
        boolean forgotten;

        Slot(ReadRequest<T> request, long deadlineMs) {
            this.request = request;
            this.deadlineMs = deadlineMs;
        }
    }

    /** A request that the reading thread has taken and must answer. */
    record Taken<T>(ReadRequest<T> request, Object slot) {}

    private record Answer<T>(Slot<T> slot, ReadResult<T> result) {

        long bytes() {
            return result.value() == null ? 0 : result.value().length;
        }
    }

    private final ReadLimits limits;
    private final Map<Integer, TreeMap<Long, List<Slot<T>>>> waiting = new HashMap<>();
    private final Map<Integer, Set<Slot<T>>> taken = new HashMap<>();
    private final Map<Integer, Queue<Answer<T>>> answers = new HashMap<>();
    private int outstanding;
    private long resultBytes;
    private boolean closed;

    ReadQueue(ReadLimits limits) {
        this.limits = limits;
    }

    synchronized boolean offer(ReadRequest<T> request, long nowMs) {
        if (closed || outstanding == limits.requests()) {
            return false;
        }
        outstanding++;
        waiting.computeIfAbsent(request.partition(), partition -> new TreeMap<>())
                .computeIfAbsent(request.offset(), offset -> new ArrayList<>(1))
                .add(new Slot<>(request, nowMs + limits.timeout().toMillis()));
        notifyAll();
        return true;
    }

    synchronized ReadResult<T> poll(int partition) {
        Queue<Answer<T>> queue = answers.get(partition);
        Answer<T> answer = queue == null ? null : queue.poll();
        if (answer == null) {
            return null;
        }
        release(answer);
        return answer.result();
    }

    synchronized void forget(int partition) {
        Map<Long, List<Slot<T>>> requests = waiting.remove(partition);
        if (requests != null) {
            requests.values().forEach(slots -> outstanding -= slots.size());
        }
        Queue<Answer<T>> queue = answers.remove(partition);
        if (queue != null) {
            queue.forEach(this::release);
        }
        Set<Slot<T>> inWork = taken.remove(partition);
        if (inWork != null) {
            inWork.forEach(slot -> slot.forgotten = true);
            outstanding -= inWork.size();
        }
    }

    synchronized int outstanding() {
        return outstanding;
    }

    synchronized void close() {
        closed = true;
        List.copyOf(waiting.keySet()).forEach(this::forget);
        List.copyOf(answers.keySet()).forEach(this::forget);
        List.copyOf(taken.keySet()).forEach(this::forget);
        notifyAll();
    }

    synchronized boolean isClosed() {
        return closed;
    }

    /**
     * Waits until there is a request to read and space for its value.
     *
     * @return false after the given time, or if closed
     */
    synchronized boolean awaitWork(long timeoutMs) throws InterruptedException {
        long endMs = ReadLoop.nowMs() + timeoutMs;
        for (long leftMs = timeoutMs; leftMs > 0 && !hasWork() && !closed; leftMs = endMs - ReadLoop.nowMs()) {
            wait(leftMs);
        }
        return hasWork() && !closed;
    }

    /** Waits for the given time, or until closed. */
    synchronized void pause(long timeoutMs) throws InterruptedException {
        long endMs = ReadLoop.nowMs() + timeoutMs;
        for (long leftMs = timeoutMs; leftMs > 0 && !closed; leftMs = endMs - ReadLoop.nowMs()) {
            wait(leftMs);
        }
    }

    /** Returns the partitions in which requests wait. */
    synchronized Set<Integer> partitions() {
        return new HashSet<>(waiting.keySet());
    }

    /** Returns the lowest requested offset at or above a position, else the lowest of all; -1 if no request waits. */
    synchronized long next(int partition, long position) {
        TreeMap<Long, List<Slot<T>>> requests = waiting.get(partition);
        if (requests == null) {
            return -1;
        }
        Long offset = requests.ceilingKey(position);
        return offset != null ? offset : requests.firstKey();
    }

    /** Takes all requests with {@code from <= offset < to}, in order of offset. Each must be answered. */
    synchronized List<Taken<T>> take(int partition, long from, long to) {
        TreeMap<Long, List<Slot<T>>> requests = waiting.get(partition);
        if (requests == null || to <= from) {
            return List.of();
        }
        List<Taken<T>> result = new ArrayList<>();
        Map<Long, List<Slot<T>>> range = requests.subMap(from, to);
        for (List<Slot<T>> slots : range.values()) {
            for (Slot<T> slot : slots) {
                taken.computeIfAbsent(partition, p -> new HashSet<>()).add(slot);
                result.add(new Taken<>(slot.request, slot));
            }
        }
        range.clear();
        if (requests.isEmpty()) {
            waiting.remove(partition);
        }
        return result;
    }

    synchronized void answer(Taken<T> request, Outcome outcome, byte[] value, String note, long nowMs) {
        @SuppressWarnings("unchecked")
        Slot<T> slot = (Slot<T>) request.slot();
        if (!slot.forgotten) {
            int partition = slot.request.partition();
            Set<Slot<T>> inWork = taken.get(partition);
            inWork.remove(slot);
            if (inWork.isEmpty()) {
                taken.remove(partition);
            }
            enqueue(slot, outcome, value, note, nowMs);
        }
    }

    /** Answers all taken requests as failed. */
    synchronized void failTaken(String reason, long nowMs) {
        taken.values().forEach(slots -> slots.forEach(slot -> enqueue(slot, Outcome.FAILED, null, reason, nowMs)));
        taken.clear();
    }

    /** Answers requests that have waited too long, and drops values that were not polled for too long. */
    synchronized void expire(long nowMs, String reason) {
        List<Slot<T>> late = new ArrayList<>();
        for (Iterator<TreeMap<Long, List<Slot<T>>>> i = waiting.values().iterator(); i.hasNext(); ) {
            Map<Long, List<Slot<T>>> requests = i.next();
            requests.values().forEach(slots -> removeLate(slots, nowMs, late));
            requests.values().removeIf(List::isEmpty);
            if (requests.isEmpty()) {
                i.remove();
            }
        }
        late.forEach(slot -> enqueue(slot, Outcome.FAILED, null, reason, nowMs));
        answers.replaceAll((partition, queue) -> withoutLateValues(queue, nowMs));
    }

    private static <T> void removeLate(List<Slot<T>> slots, long nowMs, List<Slot<T>> late) {
        slots.removeIf(slot -> {
            boolean isLate = slot.deadlineMs <= nowMs;
            if (isLate) {
                late.add(slot);
            }
            return isLate;
        });
    }

    private Queue<Answer<T>> withoutLateValues(Queue<Answer<T>> queue, long nowMs) {
        boolean late = queue.stream().anyMatch(answer -> answer.bytes() > 0 && answer.slot().deadlineMs <= nowMs);
        if (!late) {
            return queue;
        }
        Queue<Answer<T>> kept = new ArrayDeque<>();
        for (Answer<T> answer : queue) {
            if (answer.bytes() > 0 && answer.slot().deadlineMs <= nowMs) {
                resultBytes -= answer.bytes();
                kept.add(new Answer<>(
                        answer.slot(),
                        new ReadResult<>(answer.slot().request, Outcome.FAILED, null, "read, but not polled in time")));
            } else {
                kept.add(answer);
            }
        }
        notifyAll();
        return kept;
    }

    private void enqueue(Slot<T> slot, Outcome outcome, byte[] value, String note, long nowMs) {
        slot.deadlineMs = nowMs + limits.timeout().toMillis();
        Answer<T> answer = new Answer<>(slot, new ReadResult<>(slot.request, outcome, value, note));
        answers.computeIfAbsent(slot.request.partition(), partition -> new ArrayDeque<>())
                .add(answer);
        resultBytes += answer.bytes();
    }

    private void release(Answer<T> answer) {
        outstanding--;
        resultBytes -= answer.bytes();
        notifyAll();
    }

    private boolean hasWork() {
        return !waiting.isEmpty() && resultBytes < limits.resultBytes();
    }
}
