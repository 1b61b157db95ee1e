// Both recipes keep the exporters' contract.
import { sftBranches } from "../../src/export/sftBranches.ts";
import { sftTextChat } from "../../src/export/sftTextChat.ts";
import { exporterContract } from "../contracts/exporter.ts";

exporterContract(sftBranches);
exporterContract(sftTextChat);
