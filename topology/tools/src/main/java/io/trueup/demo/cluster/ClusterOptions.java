package io.trueup.demo.cluster;

import java.util.List;
import java.util.Map;

/**
 * What the cluster consists of, and the settings in which runs of the demo differ.
 *
 * @param replicas names of all replicas, including one that joins later
 * @param firstMembers the replicas that the job compares at first
 * @param partitions partitions of every topic
 * @param copies number of owners of a partition
 * @param shared whether each partition has some of the replicas as owners, rather than all
 * @param expectedKeys approximate number of keys
 * @param times the times of the job
 * @param brokerTimestamps whether the brokers' append time is the timestamp of write events. A job that starts late takes the age of
 *     write events from it; a job that runs from the beginning uses its own time, as with any topic
 * @param jobSettings further settings of the job
 * @param replicaSettings further settings of each replica, by its name
 */
public record ClusterOptions(
        List<String> replicas,
        List<String> firstMembers,
        int partitions,
        int copies,
        boolean shared,
        int expectedKeys,
        JobTimes times,
        boolean brokerTimestamps,
        Map<String, String> jobSettings,
        Map<String, Map<String, String>> replicaSettings) {}
