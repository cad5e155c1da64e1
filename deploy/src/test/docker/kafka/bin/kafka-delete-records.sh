#!/bin/bash
exec java -XX:TieredStopAtLevel=1 -Dlog4j2.level=OFF -cp '/opt/kafka/libs/*' org.apache.kafka.tools.DeleteRecordsCommand "$@"
