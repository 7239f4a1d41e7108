"""The tables that the roi notebook saves."""

from __future__ import annotations

from insights.tables import OutputTable, declared

__all__ = ["OUTPUTS"]

OUTPUTS: dict[str, OutputTable] = declared(
    """
    roi: an initiative
        initiative_id str
        title str
        source str where the benefit comes from: churn, reach, stated or unknown
        topics str topics that the benefit rests on
        cost_mean float mean cost over the horizon, discounted
        benefit_mean float mean benefit over the horizon, discounted
        benefit_sd float standard deviation of the benefit
        bcr float mean benefit by mean cost
        net_roi float bcr less 1
        bcr_p5 float 5th percentile of benefit by cost
        bcr_p95 float 95th percentile of benefit by cost
        npv_mean float mean net present value
        npv_unshrunk float mean net present value without shrinkage of the estimates it rests on
        npv_sd float standard deviation of the net present value
        npv_se float Monte Carlo standard error of npv_mean
        npv_p5 float 5th percentile of the net present value
        npv_p25 float 25th percentile of the net present value
        npv_p50 float median of the net present value
        npv_p75 float 75th percentile of the net present value
        npv_p95 float 95th percentile of the net present value
        p_positive float probability that the net present value is above 0
        p_positive_se float Monte Carlo standard error of p_positive
        payback_months float median months until costs are earned back; null: mostly never
        p_payback float probability that costs are earned back within the horizon
        evpi float expected value of perfect information about doing it
        effort float person-weeks
        alone str amounts stated as one number, whose width is a setting
        reason str why nothing is known
    sensitivity: an initiative and an input
        initiative_id str
        input str name of the input
        first_order float share of the variance of the net present value by this input alone (Sobol)
        total float the same with its interactions
        tornado_low float least net present value with the input at its 10th or 90th percentile
        tornado_high float largest net present value with the input at its 10th or 90th percentile
        break_even float value of the input at which the net present value is 0
        mean float mean of the input
        p10 float 10th percentile of the input
        p90 float 90th percentile of the input
        npv_at_p10 float net present value at p10, other inputs at their means
        npv_at_p90 float net present value at p90, other inputs at their means
        npv_minus20 float net present value with the input 20 % lower
        npv_plus20 float net present value with the input 20 % higher
        bcr_elasticity float relative change of bcr by a relative change of the input
        evppi float expected value of perfect information about this input
    ranking: an initiative and a rank
        initiative_id str
        rank int 1 is the best
        probability float probability of that rank
    priorities: an initiative
        initiative_id str
        title str
        priority str P0 to P3, or cannot tell
        rule str the rule that holds
        p_positive float probability that the net present value is above 0
        p_top3 float probability of being among the first three
        alone str amounts stated as one number, whose width is a setting
        evpi float expected value of perfect information about doing it
        test_cost float supposed cost of testing first
        npv_p5 float 5th percentile of the net present value
        npv_p50 float median of the net present value
        npv_p95 float 95th percentile of the net present value
        effort float person-weeks
        cost_mean float mean cost over the horizon, discounted
    overlap: a topic that several initiatives address
        topic_id str
        label str
        initiatives str their ids
        benefit_added_up float their benefits as a sum
        benefit_together float their benefit from one shared pool
        kappa_mean float mean of kappa, the share of the association that is causal
    order: an initiative
        initiative_id str
        title str
        npv_mean float mean net present value
        npv_unshrunk float mean net present value without shrinkage of the estimates it rests on
        mean_rank float mean rank over the draws
        rank_low float 5th percentile of the rank
        rank_high float 95th percentile of the rank
        p_first float probability of rank 1
        p_top3 float probability of being among the first three
        expected_regret float mean loss against the best of each draw
    """
)
