package io.trueup;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideOutsideOfPackage;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.core.importer.Location;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.CompositeArchRule;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.security.SecureRandom;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.TreeMap;
import java.util.UUID;
import java.util.concurrent.ThreadLocalRandom;
import java.util.random.RandomGenerator;
import java.util.regex.Pattern;
import java.util.stream.Collectors;

/**
 * The boundaries between packages: which package may use which, and what the core may not use. {@link SizeLimitsTest} checks
 * how large packages, classes and parameter lists may be.
 */
@AnalyzeClasses(
        packages = "io.trueup",
        importOptions = {DoNotIncludeTests.class, ArchitectureTest.DoNotIncludeTestJars.class})
class ArchitectureTest {

    /**
     * For each package the packages that it may use. An entry {@code x} means exactly the package {@code io.trueup.x}, without
     * its subpackages: each package of main code needs an entry of its own.
     */
    private static final Map<String, Set<String>> MAY_USE = table("""
            # schemas
            schema:
            avro:
            # registry
            confluent:
            registry: avro confluent
            # core
            bounded:
            sketch:
            tree: sketch
            reconcile.settings: tree
            reconcile.rule: bounded reconcile.settings tree
            reconcile.exchange: reconcile.rule reconcile.settings sketch tree
            reconcile.flood: reconcile.rule reconcile.settings tree
            reconcile.clock: tree
            reconcile.decision: reconcile.exchange reconcile.rule reconcile.settings tree
            reconcile.sent: bounded reconcile.exchange reconcile.rule reconcile.settings tree
            reconcile: bounded reconcile.decision reconcile.exchange reconcile.flood reconcile.rule reconcile.sent reconcile.settings tree
            # job
            failure:
            state: failure tree
            config.http:
            config.window: reconcile.settings
            config: avro config.http config.window failure reconcile.exchange reconcile.settings registry source.canonical
            provision: config config.http failure reconcile.exchange reconcile.settings state
            source.avro: avro
            source: avro schema source.avro tree
            source.canonical: avro source source.avro tree
            repair: avro reconcile reconcile.rule schema source tree
            mac: schema
            control: avro reconcile.exchange reconcile.rule reconcile.settings schema tree
            report: avro config failure mac reconcile reconcile.flood reconcile.rule reconcile.settings schema tree
            stream.record: reconcile.exchange repair source
            stream.decode: avro control failure mac reconcile.clock reconcile.exchange repair schema source stream.record
            stream: avro config control failure mac reconcile reconcile.clock reconcile.exchange reconcile.flood reconcile.rule reconcile.settings repair report schema source source.canonical state stream.decode stream.record tree
            status: reconcile.settings schema
            command: avro config control failure mac provision reconcile.exchange reconcile.rule reconcile.settings registry repair report schema source state status tree
            job: avro config control failure mac provision reconcile reconcile.exchange reconcile.flood reconcile.settings registry repair report schema source source.canonical state stream stream.decode stream.record tree
            # ops
            ops.http: config.http failure
            ops.health: job ops.http
            ops.page: ops.http
            ops.rounds: avro config control failure mac reconcile.settings registry report schema status tree
            ops.metrics: config job ops.http ops.rounds reconcile reconcile.exchange reconcile.rule status stream
            ops.key: avro command config control failure mac ops.rounds reconcile.exchange reconcile.rule reconcile.settings registry repair report schema source source.canonical tree
            ops.tree: avro command config control mac ops.key reconcile.exchange reconcile.rule reconcile.settings registry schema tree
            ops.api: avro command config.http failure ops.http ops.key ops.rounds ops.tree schema source status
            ops.action: avro command config ops.http reconcile.settings tree
            ops.audit: config ops.http
            ops: config config.http job ops.action ops.api ops.audit ops.health ops.http ops.key ops.metrics ops.page ops.rounds ops.tree reconcile
            # replica
            replica.entry:
            replica.format: avro replica.entry schema
            replica.table: replica.entry
            replica: avro registry replica.entry replica.format replica.table schema
            # datastore
            datastore: avro schema
            # broker
            broker:
            # tools
            topic: failure
            attach: avro registry schema source source.canonical topic
            audit.table: tree
            audit.result: reconcile.rule topic tree
            audit.checkpoint: audit.result reconcile.rule topic tree
            audit: audit.checkpoint audit.result audit.table avro reconcile.rule reconcile.settings source source.canonical topic tree
            plan: audit.result avro config failure reconcile reconcile.rule reconcile.sent reconcile.settings repair schema source source.canonical stream.record topic tree
            history: avro bounded config mac repair report schema source topic tree
            bench: audit audit.result avro broker reconcile.settings schema source topic
            bench.exchange: avro bench control mac reconcile reconcile.exchange reconcile.flood reconcile.rule reconcile.settings schema tree
            bench.ingest: bench broker config job
            bench.latency: avro bench broker config job schema source
            bench.process: bench config job reconcile schema source stream
            bench.memory: bench bench.process broker
            bench.restart: bench bench.process broker
            bench.scale: bench bench.process broker
            demo.feed: replica.entry schema
            demo.console:
            demo.cluster: avro broker command config demo.console job ops replica replica.entry replica.table schema source
            demo.fault: avro command demo.cluster demo.console demo.feed replica replica.entry replica.table schema
            demo: demo.cluster demo.console demo.fault demo.feed replica replica.entry replica.table
            cli.shell: config failure
            cli.plan: avro cli.shell config failure plan reconcile.rule registry
            cli.audit: audit audit.checkpoint audit.result avro cli.plan cli.shell config failure ops.audit plan reconcile.rule reconcile.settings registry source.canonical topic tree
            cli.history: avro cli.shell config failure history reconcile.settings registry repair schema source topic tree
            cli.bench: bench bench.exchange bench.ingest bench.latency bench.memory bench.process bench.restart bench.scale cli.shell config source
            cli: attach avro cli.audit cli.bench cli.history cli.plan cli.shell cli.topics command config demo demo.fault demo.feed failure job ops ops.api registry replica source status topic
            cli.topics: cli.shell command config failure provision
            """);

    private static final String ROOT = "io.trueup.";

    private static final String[] PURE = {
        "io.trueup.bounded..", "io.trueup.sketch..", "io.trueup.tree..", "io.trueup.reconcile.."
    };

    @ArchTest
    static final ArchRule everyPackageHasAnEntry = classes()
            .should()
            .resideInAnyPackage(packages(MAY_USE.keySet()))
            .because("ArchitectureTest.MAY_USE lists for each package the packages that it may use");

    @ArchTest
    static final ArchRule packagesUseOnlyPackagesOfTheirEntry = CompositeArchRule.of(MAY_USE.keySet().stream()
            .sorted()
            .map(ArchitectureTest::usesOnlyPackagesOfItsEntry)
            .toList());

    @ArchTest
    static final ArchRule packagesOfAnyDepthAreFreeOfCycles =
            slices().assignedFrom(new PackageSlices()).should().beFreeOfCycles();

    @ArchTest
    static final ArchRule oneClassKnowsTheNamesOfConfluentsClient = noClasses()
            .that()
            .haveNameNotMatching("io\\.trueup\\.confluent\\.ConfluentClient(\\$.*)?")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("org.apache.flink..")
            .because(
                    "the names are those of another project's build, and the client has its own Avro, Kafka and Jackson");

    @ArchTest
    static final ArchRule theCoreUsesOnlyTheLanguage = classes()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .onlyDependOnClassesThat(resideInAnyPackage(PURE)
                    .or(resideInAnyPackage("java.lang", "java.lang.invoke", "java.lang.runtime"))
                    .or(resideInAnyPackage("java.util", "java.util.function", "java.util.stream"))
                    .or(resideInAnyPackage("java.nio", "java.nio.charset", "java.security", "javax.crypto..")))
            .because("a core without Kafka, Avro, files and sockets can be simulated and read on its own");

    @ArchTest
    static final ArchRule theCoreReadsNoClock = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.time..")
            .because("each call passes the time, so a run can be repeated");

    @ArchTest
    static final ArchRule theCoreUsesNoRandomNumbers = noClasses()
            .that()
            .resideInAnyPackage(PURE)
            .should()
            .dependOnClassesThat()
            .belongToAnyOf(
                    Random.class,
                    RandomGenerator.class,
                    SecureRandom.class,
                    SplittableRandom.class,
                    ThreadLocalRandom.class)
            .orShould()
            .callMethod(Math.class, "random")
            .orShould()
            .callMethod(UUID.class, "randomUUID")
            .orShould()
            .callMethod(Collections.class, "shuffle", List.class)
            .because("the same inputs give the same outputs");

    private static Map<String, Set<String>> table(String text) {
        Map<String, Set<String>> table = new TreeMap<>();
        text.lines().filter(line -> !line.startsWith("#")).forEach(line -> {
            int colon = line.indexOf(':');
            table.put(
                    line.substring(0, colon),
                    Pattern.compile(" ")
                            .splitAsStream(line.substring(colon + 1).strip())
                            .filter(name -> !name.isEmpty())
                            .collect(Collectors.toSet()));
        });
        return table;
    }

    private static ArchRule usesOnlyPackagesOfItsEntry(String name) {
        Set<String> allowed = MAY_USE.get(name);
        return classes()
                .that()
                .resideInAPackage(ROOT + name)
                .should()
                .onlyDependOnClassesThat(resideOutsideOfPackage("io.trueup..")
                        .or(resideInAPackage(ROOT + name))
                        .or(resideInAnyPackage(packages(allowed))))
                .as("package " + name + " should use "
                        + allowed.stream().sorted().toList() + " of this project only")
                .allowEmptyShould(true);
    }

    private static String[] packages(Set<String> names) {
        return names.stream().map(ROOT::concat).toArray(String[]::new);
    }

    /** Leaves out the test fixtures of other modules, which are jars where modules are packaged first. */
    static final class DoNotIncludeTestJars implements ImportOption {

        @Override
        public boolean includes(Location location) {
            return !location.contains("-tests.jar");
        }
    }

    /** Each package is a slice of its own, whatever its depth. */
    private static final class PackageSlices implements SliceAssignment {

        @Override
        public SliceIdentifier getIdentifierOf(JavaClass javaClass) {
            return javaClass.getPackageName().startsWith(ROOT)
                    ? SliceIdentifier.of(javaClass.getPackageName())
                    : SliceIdentifier.ignore();
        }

        @Override
        public String getDescription() {
            return "the packages of this project";
        }
    }
}
