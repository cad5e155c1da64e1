package io.trueup.bench.ingest;

import java.lang.management.ManagementFactory;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import javax.management.InstanceNotFoundException;
import javax.management.JMException;
import javax.management.MBeanServer;
import javax.management.MalformedObjectNameException;
import javax.management.ObjectName;

/**
 * How many records of given topics an application has taken out of its queues to process them: a counter that Kafka Streams keeps for
 * each source, task and topic, read by JMX. So it is the same for every application, and none has to be changed for it. Not
 * thread-safe.
 */
final class ProcessedRecords {

    private static final String TOTAL = "records-consumed-total";

    private final MBeanServer server = ManagementFactory.getPlatformMBeanServer();
    private final List<ObjectName> patterns = new ArrayList<>();
    private final int counters;
    private List<ObjectName> found = List.of();

    /**
     * @param clientId client id of the application
     * @param topics the topics whose records count
     * @param counters number of partitions of all topics
     */
    ProcessedRecords(String clientId, Collection<String> topics, int counters) {
        this.counters = counters;
        for (String topic : topics) {
            patterns.add(name("kafka.streams:type=stream-topic-metrics,thread-id=" + clientId + "-StreamThread-*,topic="
                    + topic + ",*"));
        }
    }

    /** The number so far; less than before if tasks were closed. */
    long count() {
        if (found.size() < counters) {
            find();
        }
        double count = 0;
        try {
            for (ObjectName counter : found) {
                count += ((Number) server.getAttribute(counter, TOTAL)).doubleValue();
            }
        } catch (InstanceNotFoundException e) {
            found = List.of(); // a task was closed, and may be created again
        } catch (JMException e) {
            throw new IllegalStateException("cannot read " + TOTAL + " of " + found, e);
        }
        return (long) count;
    }

    private void find() {
        List<ObjectName> names = new ArrayList<>();
        patterns.forEach(pattern -> names.addAll(server.queryNames(pattern, null)));
        found = names;
    }

    private static ObjectName name(String pattern) {
        try {
            return new ObjectName(pattern);
        } catch (MalformedObjectNameException e) {
            throw new IllegalArgumentException(pattern, e);
        }
    }
}
