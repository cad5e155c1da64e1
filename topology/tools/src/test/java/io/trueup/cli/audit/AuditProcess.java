package io.trueup.cli.audit;

import io.trueup.cli.Main;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.concurrent.TimeUnit;
import javax.management.MBeanServer;
import javax.management.ObjectName;

/** The command line in a process of its own. It writes a file when it begins to read partition 1. */
final class AuditProcess {

    private AuditProcess() {}

    /**
     * Runs a command line.
     *
     * @param arguments the file to write when partition 1 is read; then the command line
     */
    public static void main(String[] arguments) throws Exception {
        ObjectName reading = new ObjectName("kafka.consumer:type=consumer-fetch-manager-metrics,partition=1,*");
        Thread watch = new Thread(() -> watch(reading, Path.of(arguments[0])), "watch");
        watch.setDaemon(true);
        watch.start();
        Main.main(Arrays.copyOfRange(arguments, 1, arguments.length));
    }

    private static void watch(ObjectName reading, Path file) {
        MBeanServer server = ManagementFactory.getPlatformMBeanServer();
        try {
            while (server.queryNames(reading, null).isEmpty()) {
                TimeUnit.MILLISECONDS.sleep(20);
            }
            Files.createFile(file);
        } catch (Exception e) {
            throw new IllegalStateException(e);
        }
    }
}
