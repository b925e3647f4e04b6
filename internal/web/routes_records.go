package web

func (s *Server) recordsRoutes() []route {
	return []route{
		get("/w/:ws/runs", inWs, s.getRuns),
		get("/w/:ws/runs/:run", inWs, s.getRun),
		get("/w/:ws/runs/:run/events", inWs, s.getRunEvents).within(streamDeadline),
		post("/w/:ws/runs.csv", inWs, s.postExportRuns).within(noDeadline),
		get("/w/:ws/readings", inWs, s.getReadings),
		post("/w/:ws/readings/limit", owners, s.postReadingLimit),
		get("/w/:ws/o/:org/runs", inOrg, s.getRuns),
		get("/w/:ws/o/:org/runs/:run", inOrg, s.getRun),
		get("/w/:ws/o/:org/runs/:run/events", inOrg, s.getRunEvents).within(streamDeadline),
		post("/w/:ws/o/:org/runs.csv", inOrg, s.postExportRuns).within(noDeadline),
	}
}
