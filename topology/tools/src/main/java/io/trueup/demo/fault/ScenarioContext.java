package io.trueup.demo.fault;

import io.trueup.demo.cluster.Cluster;
import io.trueup.demo.cluster.JobOutput;
import io.trueup.demo.cluster.PartitionOwners;
import io.trueup.demo.console.Screen;
import io.trueup.demo.feed.Feed;
import io.trueup.demo.feed.FeedState;
import java.time.Clock;
import java.util.Map;

/**
 * What scenarios work with.
 *
 * @param cluster everything that runs
 * @param owners the owners of the partitions
 * @param feed the feed, for writing
 * @param feedState the feed, for reading
 * @param output what the job has written
 * @param injector records the faults that happen
 * @param clock the time
 * @param screen the output of the demo
 * @param notes remarks about replicas that progress shows, by replica; scenarios add to it
 */
public record ScenarioContext(
        Cluster cluster,
        PartitionOwners owners,
        Feed feed,
        FeedState feedState,
        JobOutput output,
        FaultInjector injector,
        Clock clock,
        Screen screen,
        Map<String, String> notes) {

    long nowMs() {
        return clock.millis();
    }

    JobOutput.Snapshot seen() {
        return output.snapshot();
    }
}
